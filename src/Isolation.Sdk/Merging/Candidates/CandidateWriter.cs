using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

internal sealed class CandidateWriter(QueueContext context)
{
    private MergeMode Mode => context.Policy.Options.Mode;

    private GitRepository Repository => context.Repository;

    public async Task<Candidate> WriteAsync(
        QueueItem item,
        MergeBase place,
        MergeResult.Clean fits,
        bool recordsTestedTree,
        CancellationToken cancellationToken
    )
    {
        string? tested = recordsTestedTree ? fits.Tree : null;
        switch (Mode)
        {
            case MergeMode.FastForward:
                return new Candidate(item, place.Commit, item.Head, fits.Tree) { Commits = fits.Commits };
            case MergeMode.Rebase:
                IReadOnlyList<string> commits = await ReplayAsync(
                        item,
                        place.Commit,
                        fits.Picks,
                        tested,
                        cancellationToken
                    )
                    .ConfigureAwait(false);
                return new Candidate(item, place.Commit, commits[^1], fits.Tree)
                {
                    Commits = commits,
                    Picks = fits.Picks,
                    RecordsTestedTree = recordsTestedTree,
                };
            default:
                string message = LandingMessage.Write(item, context.Policy.Options.MessageTemplate, tested);
                string[] parents = Mode == MergeMode.Squash ? [place.Commit] : [place.Commit, item.Head];
                return new Candidate(
                    item,
                    place.Commit,
                    await Repository
                        .CommitTreeAsync(fits.Tree, parents, message, cancellationToken)
                        .ConfigureAwait(false),
                    fits.Tree
                )
                {
                    RecordsTestedTree = recordsTestedTree,
                };
        }
    }

    public async Task<Candidate> RewriteAsync(
        Candidate candidate,
        string parent,
        bool recordsTestedTree,
        CancellationToken cancellationToken
    )
    {
        if (Mode == MergeMode.FastForward)
        {
            return candidate;
        }

        Candidate written = await WriteAsync(
                candidate.Item,
                new MergeBase(parent, ""),
                new MergeResult.Clean(candidate.Tree) { Picks = candidate.Picks },
                recordsTestedTree,
                cancellationToken
            )
            .ConfigureAwait(false);
        return candidate with
        {
            Parent = parent,
            Commit = written.Commit,
            Commits = written.Commits,
            RecordsTestedTree = recordsTestedTree,
        };
    }

    private async Task<IReadOnlyList<string>> ReplayAsync(
        QueueItem item,
        string parent,
        IReadOnlyList<ReplayedCommit> picks,
        string? tested,
        CancellationToken cancellationToken
    )
    {
        List<string> commits = [];
        foreach (ReplayedCommit pick in picks)
        {
            string message = LandingMessage.Append(pick.Message, item, last: commits.Count == picks.Count - 1, tested);
            Dictionary<string, string> author = new()
            {
                ["GIT_AUTHOR_NAME"] = pick.Author[0].Length > 0 ? pick.Author[0] : "unknown",
                ["GIT_AUTHOR_EMAIL"] = pick.Author[1],
                ["GIT_AUTHOR_DATE"] = "@" + pick.Author[2],
            };
            string below = commits.Count == 0 ? parent : commits[^1];
            commits.Add(
                await Repository
                    .CommitTreeAsync(pick.Tree, [below], message, cancellationToken, author)
                    .ConfigureAwait(false)
            );
        }

        return commits;
    }
}
