namespace Isolation.Sdk.Sandboxing.Seals;

/// <summary>How much of the host's network a worker reaches.</summary>
/// <param name="IsOpen">All of it.</param>
/// <param name="Ports">TCP ports it may connect to, anywhere, beside its own.</param>
internal sealed record NetworkReach(bool IsOpen, IReadOnlyList<int> Ports)
{
    public static readonly NetworkReach None = new(false, []);
}
