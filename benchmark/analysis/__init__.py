"""Analysis of records. It reads CSV files and knows no codec, data set or engine."""
