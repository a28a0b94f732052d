"""What a report says of a site that no claims are about: the place, its works, its housing."""
