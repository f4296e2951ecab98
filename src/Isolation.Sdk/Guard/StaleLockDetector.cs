namespace Isolation.Sdk.Guard;

/// <summary>
/// Every git command has a lock for a moment. What stays, with no git process about, was left behind.
/// </summary>
internal sealed class StaleLockDetector(RepositorySnapshotReader facts, GitProcessProbe processes)
{
    // Half a second at least, and six at most while a git process is about.
    private const int MinScans = 25,
        MaxScans = 300;
    private static readonly TimeSpan ScanInterval = TimeSpan.FromMilliseconds(20);

    public async Task<IReadOnlyDictionary<string, string>> FindAsync(
        IReadOnlyDictionary<string, string> passing,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> left = new(passing);
        for (int look = 1; left.Count > 0 && look <= MaxScans; look++)
        {
            // Hardly any lock is there for longer. Other processes live by the real clock, whatever the host was
            // given.
            await Task.Delay(
                    look < 5 ? TimeSpan.FromMilliseconds(look) : ScanInterval,
                    TimeProvider.System,
                    cancellationToken
                )
                .ConfigureAwait(false);
            foreach ((string name, string was) in left.ToArray())
            {
                if (facts.ReadTransient(name) != was)
                {
                    left.Remove(name);
                }
            }

            if (look >= MinScans && look % 5 == 0 && left.Count > 0 && !processes.AnyRunning())
            {
                return left;
            }
        }

        return new Dictionary<string, string>();
    }
}
