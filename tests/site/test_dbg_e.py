import pytest
@pytest.mark.django_db
def test_x(client):
    print(client.get('/health/ready').content)
