using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Composition;

internal static class BaseCommitCheck
{
    // Only of items that are known and wait for nobody: a fetch or a blocker may bring the others.
    public static async Task RunAsync(
        GitRepository repository,
        PipelinePlan plan,
        IWorkTracker tracker,
        CancellationToken cancellationToken
    )
    {
        if (plan.Settings.FetchRemote is not null)
        {
            return;
        }

        List<IsolationFault> faults = [];
        foreach (
            IGrouping<string, WorkItem> items in (await tracker.ListAsync(cancellationToken).ConfigureAwait(false))
                .Where(t => t.State == TrackedState.Ready)
                .Select(t => t.Item)
                .Where(i =>
                    i.Base is not null
                    && i.BlockedBy.Count == 0
                    && i.Base != plan.Settings.Target
                    && i.Base != plan.TargetRef
                )
                .GroupBy(i => i.Base!, StringComparer.Ordinal)
        )
        {
            if (RevisionNames.FindAmbiguity(repository, items.Key) is { } ambiguous)
            {
                faults.Add(ambiguous);
            }
            else if (await repository.TryResolveCommitAsync(items.Key, cancellationToken).ConfigureAwait(false) is null)
            {
                faults.Add(
                    new IsolationFault(
                        GitCodes.UnknownRevision,
                        $"Item '{PlainText.SingleLine(items.First().Id, 60)}' starts from "
                            + $"'{PlainText.SingleLine(items.Key, 200)}', which names no commit.",
                        "Give item.Base a branch, a tag or a commit id."
                    )
                );
            }
        }

        if (faults.Count > 0)
        {
            throw new IsolationConfigurationException(faults);
        }
    }
}
