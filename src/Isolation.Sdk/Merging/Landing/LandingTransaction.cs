using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>The one transaction of a landing: the target moves, the items' refs and branches go, the old target is kept, the journal says so.</summary>
internal sealed class LandingTransaction(
    QueueContext context,
    LandingJournal journal,
    JournalEntry intent,
    string? entry
)
{
    private const string Heads = "refs/heads/";
    private readonly Dictionary<string, string?> _branches = intent
        .Items.Where(i => i.Branch is not null && Heads + i.Branch != context.Names.Target)
        .DistinctBy(i => i.Branch)
        .ToDictionary(i => Heads + i.Branch, i => (string?)i.Head, StringComparer.Ordinal);

    /// <summary>It has landed, on a remote or here: a record that changed meanwhile comes too late.</summary>
    public bool Decided { get; init; }

    /// <summary>The target has moved already; what goes with it has not, or not all of it.</summary>
    public bool Done { get; init; }

    /// <returns>The ref that was not as expected; <see langword="null"/> when all is done.</returns>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        string? refused = await TryAsync(cancellationToken).ConfigureAwait(false);
        for (int left = _branches.Count; left > 0 && refused is not null && _branches.ContainsKey(refused); left--)
        {
            // The branch lacks the captured leftovers, or someone went on with it: it goes only if nothing is lost with it.
            _branches[refused] = await DisposableTipAsync(refused, cancellationToken).ConfigureAwait(false);
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

        return context.Repository.UpdateDurablyAsync(transaction, cancellationToken);
    }

    private async Task<string?> DisposableTipAsync(string branch, CancellationToken cancellationToken)
    {
        string head = intent.Items.First(i => Heads + i.Branch == branch).Head;
        string? tip = await context.Repository.TryResolveCommitAsync(branch, cancellationToken).ConfigureAwait(false);
        return
            tip is not null
            && (
                await context
                    .Repository.TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", tip, head)
                    .ConfigureAwait(false)
            ).Ok
            ? tip
            : null;
    }
}
