namespace Isolation.Sdk.Platform;

/// <summary>How much of the host's network a worker reaches.</summary>
/// <param name="IsOpen">All of it.</param>
/// <param name="Ports">TCP ports it may connect to, anywhere, beside its own.</param>
internal sealed record NetworkAccess(bool IsOpen, IReadOnlyList<int> Ports)
{
    public static readonly NetworkAccess None = new(false, []);
}
