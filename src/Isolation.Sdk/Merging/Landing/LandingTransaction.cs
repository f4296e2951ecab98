using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>The target moves, the items' refs and branches go, the old target is kept, the journal says so.</summary>
internal sealed class LandingTransaction(
    QueueContext context,
    LandingJournal journal,
    JournalEntry intent,
    string? entry
)
{
    private const string Heads = "refs/heads/";
    private readonly Dictionary<string, string?> _branches = [];

    // It has landed, on a remote or here: a record that changed meanwhile comes too late.
    public bool Decided { get; init; }

    // The target has moved already; what goes with it has not, or not all of it.
    public bool Done { get; init; }

    private GitRepository Repository => context.Repository;

    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        foreach (JournalItem item in intent.Items.Where(i => i.Branch is not null && Heads + i.Branch != intent.Target))
        {
            // A look at the file of the ref spares the refusal when the branch is elsewhere, which costs more than the
            // landing.
            string branch = Heads + item.Branch;
            string? tip = RefReader.Read(Repository.CommonDirectory, branch);
            _branches[branch] =
                tip is null || tip == item.Head
                    ? item.Head
                    : await DisposableTipAsync(branch, tip, cancellationToken).ConfigureAwait(false);
        }

        string? refused = await TryAsync(cancellationToken).ConfigureAwait(false);
        for (int left = _branches.Count; left > 0 && refused is not null && _branches.ContainsKey(refused); left--)
        {
            string? tip = await Repository.TryResolveCommitAsync(refused, cancellationToken).ConfigureAwait(false);
            _branches[refused] = await DisposableTipAsync(refused, tip, cancellationToken).ConfigureAwait(false);
            refused = await TryAsync(cancellationToken).ConfigureAwait(false);
        }

        if (refused is null && entry is not null)
        {
            journal.Ended(entry);
        }

        return refused;
    }

    private Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        RefTransaction transaction = new();
        if (!Done)
        {
            transaction.Update(context.Names.Target, intent.New, intent.Old);
        }

        foreach (JournalItem item in intent.Items)
        {
            transaction.Delete(context.Names.Item(item.Attempt), Decided ? null : item.Record);
        }

        foreach ((string branch, string? tip) in _branches.Where(b => b.Value is not null))
        {
            transaction.Delete(branch, tip);
        }

        if (entry is not null)
        {
            journal.End(transaction.Update(journal.Backup, intent.Old, ""), entry);
        }

        return Repository.UpdateDurablyAsync(transaction, cancellationToken);
    }

    // The branch lacks the captured leftovers, or someone went on with it: it goes only if nothing is lost with it.
    private async Task<string?> DisposableTipAsync(string branch, string? tip, CancellationToken cancellationToken) =>
        tip is not null
        && await Repository
            .IsAncestorAsync(tip, intent.Items.First(i => Heads + i.Branch == branch).Head, cancellationToken)
            .ConfigureAwait(false)
            ? tip
            : null;
}
