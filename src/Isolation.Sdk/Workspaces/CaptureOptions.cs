namespace Isolation.Sdk.Workspaces;

/// <summary>What of a worker's files is taken for its work without asking.</summary>
public sealed class CaptureOptions
{
    /// <summary>
    /// The maximum number of files that a worker may leave untracked. If there are more, such as a
    /// <c>node_modules</c> that nothing ignores, the attempt fails and its workspace is kept. <value>10,000</value>
    /// </summary>
    public int MaxLeftoverFiles { get; set; } = 10_000;

    /// <summary>
    /// The maximum number of bytes in files that a worker leaves untracked. If there are more, such as a core dump, the
    /// attempt fails and its workspace is kept. <value>100 MiB</value>
    /// </summary>
    public long MaxLeftoverBytes { get; set; } = 100L << 20;

    /// <summary>
    /// Whether work with conflict markers that neither its base nor its target has waits for approval. If not, it lands
    /// and the report says so. <value>true</value>
    /// </summary>
    public bool HoldConflictMarkers { get; set; } = true;
}
