"""Label Studio exports, actor registries and target registries as typed records."""
