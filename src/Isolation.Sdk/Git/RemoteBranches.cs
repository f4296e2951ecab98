namespace Isolation.Sdk.Git;

/// <summary>Which branches of a remote a fetch brings, and where to: not every clone says so.</summary>
internal sealed class RemoteBranches
{
    private const string Heads = "refs/heads/";
    private readonly string _remote;

    private RemoteBranches(string remote, IReadOnlyList<string> configured)
    {
        _remote = remote;
        IsTracking = configured.Count > 0 && configured.All(IsHarmless);
        All = IsTracking ? configured : [$"+{Heads}*:refs/remotes/{remote}/*"];
    }

    // A bare clone has no setting and fetches nothing; a mirror's overwrites branches here, the target among them.
    // There, a branch is nothing but a copy of the remote's.
    public bool IsTracking { get; }

    public IReadOnlyList<string> All { get; }

    // null if it is no remote that tracking branches could be named after.
    public static async Task<RemoteBranches?> ReadAsync(
        GitRepository repository,
        string remote,
        CancellationToken cancellationToken
    )
    {
        if (!RefNames.IsBranch(remote))
        {
            return null;
        }

        GitResult configured = await repository
            .TryRunAsync(cancellationToken, "config", "--get-all", $"remote.{remote}.fetch")
            .ConfigureAwait(false);
        return new RemoteBranches(remote, configured.Line.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    // The branch of the remote that a base names, as in origin/dev.
    public string? BranchOf(string name)
    {
        string plain = name.StartsWith("refs/remotes/", StringComparison.Ordinal)
            ? name["refs/remotes/".Length..]
            : name;
        return plain.StartsWith(_remote + "/", StringComparison.Ordinal) ? plain[(_remote.Length + 1)..] : null;
    }

    // A clone of a single branch brings that one only.
    public IReadOnlyList<string> With(string? branch) =>
        branch is null || !RefNames.IsBranch(branch) || All.Any(r => Brings(r, Heads + branch))
            ? All
            : [.. All, $"+{Heads}{branch}:refs/remotes/{_remote}/{branch}"];

    private static bool Brings(string refspec, string name)
    {
        string[] source = refspec.TrimStart('+').Split(':')[0].Split('*');
        return source.Length == 1
            ? source[0] == name
            : name.StartsWith(source[0], StringComparison.Ordinal)
                && name.EndsWith(source[1], StringComparison.Ordinal);
    }

    private static bool IsHarmless(string refspec) =>
        refspec.StartsWith('^')
        || (
            refspec.Split(':') is [_, var to]
            && (
                to.StartsWith("refs/remotes/", StringComparison.Ordinal)
                || to.StartsWith("refs/tags/", StringComparison.Ordinal)
                || to.StartsWith("refs/notes/", StringComparison.Ordinal)
            )
        );
}
