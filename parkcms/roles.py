"""Who may do what at the desk: the table of roles. Put up after every migrate."""

from parkcms.people.roles import Role


def _all(app_label: str, *models: str, verbs: str = "view add change delete") -> tuple[str, ...]:
    return tuple(f"{app_label}.{verb}_{model}" for model in models for verb in verbs.split())


_SEE_PARKS = _all(
    "parks",
    "park",
    "phase",
    "space",
    "figure",
    "source",
    "milestone",
    "industry",
    "policy",
    "benefit",
    verbs="view",
)
_SEE_ARTICLES = _all("articles", "article", "category", "tag", verbs="view")
_PICTURES = _all("library", "picture", "document", verbs="view add change")
_RUN_ENQUIRIES = (
    *_all("leads", "recipient"),
    *_all("leads", "alarm", verbs="view change"),
    *_all("leads", "retentionrun", verbs="view"),
)
_WATCHES = _all("parks", "watch", verbs="view delete")
_NOTICES = ("outbox.view_notice", "outbox.requeue_notice")
_ADDRESSES = (
    *_all("addresses", "redirect", verbs="view add delete"),
    *_all("addresses", "missing", "brokenlink", verbs="view change"),
)
_PARK_PARTS = _all(
    "parks",
    "admissionterm",
    "alias",
    "amenity",
    "figure",
    "milestone",
    "parkindustry",
    "phase",
    "spacepicture",
    "transportlink",
)

AUTHOR = Role(
    "作者",
    (
        *_all("articles", "article", verbs="view add change"),
        *_all("articles", "mention", "citation", "tagging"),
        *_all("articles", "category", "tag", verbs="view"),
        "articles.add_tag",
        *_SEE_PARKS,
        *_PICTURES,
    ),
)
EDITOR = Role(
    "编辑",
    (
        *AUTHOR.permissions,
        *_all("articles", "article", "category", "tag", verbs="add change delete"),
        "articles.publish_article",
        "articles.edit_every_article",
        *_all("parkcms", "complaint", verbs="view change reveal"),
        "library.delete_picture",
        *_ADDRESSES,
        "library.delete_document",
        *_all("parks", "source", verbs="add change"),
        *_all("parks", "policy", "benefit"),
        "parks.publish_policy",
        "parks.add_industry",
    ),
)
PARK_MANAGER = Role(
    "园区经理",
    (
        *_SEE_PARKS,
        "parks.change_park",
        *_PARK_PARTS,
        *_all("parks", "space", verbs="add change"),
        "parks.publish_space",
        *_all("parks", "source", verbs="add change"),
        *_all("parks", "contactcard", verbs="view"),
        "parks.add_industry",
        *_SEE_ARTICLES,
        *_PICTURES,
    ),
)
AGENT = Role(
    "招商专员",
    (
        *_SEE_PARKS,
        *_SEE_ARTICLES,
        *_all("leads", "enquiry", verbs="view change"),
        *_all("leads", "activity", verbs="view add"),
        "leads.reveal_enquiry",
    ),
)
LEAD_AGENT = Role(
    "招商主管",
    (
        *AGENT.permissions,
        "leads.see_every_enquiry",
        "leads.export_enquiry",
        "leads.erase_enquiry",
        *_RUN_ENQUIRIES,
        "ledger.view_act",
        *_WATCHES,
        *_NOTICES,
    ),
)
OWNER = Role(
    "站长",
    (
        *EDITOR.permissions,
        *PARK_MANAGER.permissions,
        *_all("parks", "park", "space", "contactcard", "industry", "source"),
        "parks.publish_park",
        "parks.keep_every_park",
        *_all("parkcms", "siteprofile", verbs="view change"),
        *_all("parkcms", "ownerstext", verbs="view add change"),
        "parkcms.publish_ownerstext",
        *_all("people", "user", verbs="view add change"),
        "people.reset_second_factor",
        "auth.view_group",
        # Sees how enquiries fare, with masked contacts; works, reveals and exports none.
        *_all("leads", "enquiry", "activity", verbs="view"),
        "leads.see_every_enquiry",
        *_RUN_ENQUIRIES,
        "ledger.view_act",
        *_WATCHES,
        *_NOTICES,
    ),
)

ROLES = (AUTHOR, EDITOR, PARK_MANAGER, AGENT, LEAD_AGENT, OWNER)
