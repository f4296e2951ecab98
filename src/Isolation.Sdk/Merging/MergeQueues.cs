using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Landing;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging;

/// <summary>Looks at the merge queues of a repository from anywhere: opens none, acts in none, needs no policy.</summary>
public static class MergeQueues
{
    private const string Prefix = "refs/isolation/mq/";
    private const string Heads = "refs/heads/";
    private const int MostLandings = 500;

    /// <summary>Everything that was submitted to any queue and is still in it, and what queues have landed on their targets: at most 500 landings of each target, newest first.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public static async Task<IReadOnlyList<QueuedAttempt>> ReadAsync(RepositoryRef repository, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return await ReadAsync(await GitHost.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<IReadOnlyList<QueuedAttempt>> ReadAsync(GitRepository repository, CancellationToken cancellationToken)
    {
        List<QueuedAttempt> found = [];
        foreach (QueueNames names in await FindAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            MergeTarget target = new(repository.Reference, names.Target);
            QueueSnapshot snapshot = await new QueueStore(names, TimeProvider.System).ReadAsync(cancellationToken).ConfigureAwait(false);
            IReadOnlyList<QueuedAttempt> landings = await LandedAsync(names, target, cancellationToken).ConfigureAwait(false);
            HashSet<AttemptId> here = [.. snapshot.Items.Select(i => i.Attempt)];
            HashSet<AttemptId> landed = [.. landings.Select(l => l.Attempt)];
            QueueReading reading = new(snapshot, OsFileLock.IsHeld(names.Lock) ? QueueNow.Read(names) : QueueNow.Nothing, landed.Contains, policy: null);
            found.AddRange(reading.Statuses().Select(s => Describe(target, s.Item, s.Status)));
            found.AddRange(landings.Where(l => !here.Contains(l.Attempt)));
        }

        return found;
    }

    /// <summary>A queue has a file of numbers once something was submitted; its target is the branch of that name, and a slug does not tell the name.</summary>
    private static async Task<IReadOnlyList<QueueNames>> FindAsync(GitRepository repository, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(repository.IsolationDirectory, "queues");
        HashSet<string> slugs = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.seq").Select(f => Path.GetFileNameWithoutExtension(f))] : [];
        GitResult refs = await repository.RunAsync(cancellationToken, "for-each-ref", "--format=%(refname)", Prefix, Heads).ConfigureAwait(false);
        string[] names = refs.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        slugs.UnionWith(names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(n => n[Prefix.Length..].Split('/')[0]));
        return [.. names.Where(n => n.StartsWith(Heads, StringComparison.Ordinal) && slugs.Contains(Slug.Of(n[Heads.Length..]))).Select(n => new QueueNames(repository, n))];
    }

    private static QueuedAttempt Describe(MergeTarget target, QueueItem item, MergeStatus status)
    {
        bool awaits = !item.IsTerminal && (item.Hold is not null || (item.NeedsApproval && item.ApprovedCommit != item.Head));
        return new QueuedAttempt(target, status, item.Head) { BaseCommit = item.Base, Title = item.Title, Files = item.Files ?? [], AwaitsApproval = awaits, NeedsGate = item.NeedsGate, ApprovedBy = item.ApprovedBy };
    }

    private static async Task<IReadOnlyList<QueuedAttempt>> LandedAsync(QueueNames names, MergeTarget target, CancellationToken cancellationToken)
    {
        GitResult log = await names.Repository.RunAsync(
            cancellationToken, "log", "-z", "--first-parent", "--fixed-strings", $"--grep={LandedMessage.AttemptTrailer}: ", $"--max-count={MostLandings}", "--format=%H%x1f%s%x1f%(trailers:only=true,unfold=true)", names.Target).ConfigureAwait(false);
        List<QueuedAttempt> landed = [];
        foreach (string[] fields in log.Fields.Select(f => f.Split('\x1f')).Where(f => f.Length == 3))
        {
            IReadOnlyDictionary<string, string> trailers = LandedMessage.Trailers(fields[2]);
            if (AttemptId.TryParse(trailers.GetValueOrDefault(LandedMessage.AttemptTrailer), out AttemptId attempt) && trailers.GetValueOrDefault(LandedMessage.HeadTrailer) is { } head)
            {
                landed.Add(new QueuedAttempt(target, new MergeStatus(attempt, MergeState.Landed) { LandedCommit = fields[0] }, head) { Title = fields[1] });
            }
        }

        return landed;
    }
}
