"""Growth of a site: what was built, its outline, its dates, and what would have been missed."""
