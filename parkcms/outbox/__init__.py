"""What goes out to the people at the desk: notices, their channels, and the door to other hosts."""
