"""The report's page: HTML that stands alone."""
