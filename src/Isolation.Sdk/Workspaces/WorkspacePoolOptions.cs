namespace Isolation.Sdk.Workspaces;

/// <summary>How many released workspaces wait to be used again.</summary>
public sealed class WorkspacePoolOptions
{
    /// <summary>The most of them for one repository, those being cleaned included; each takes the room of a checkout. What is released beyond that is deleted. <value>4; at least 1.</value></summary>
    public int Size { get; set; } = 4;
}
