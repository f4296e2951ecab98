using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Scheduling;

internal sealed class TrialMerges(GitRepository repository)
{
    private const int MaxKnown = 4096;
    private readonly Dictionary<(string, string), IReadOnlyList<string>> _known = [];

    // The paths that collide; empty when all goes together; null when it was not tried, or git could not say.
    public IReadOnlyList<string>? Known(string first, string second) => _known.GetValueOrDefault((first, second));

    public async Task TryAsync(
        IEnumerable<(string First, string Second, string Target)> pairs,
        int most,
        CancellationToken cancellationToken
    )
    {
        (string First, string Second, string Target)[] now =
        [
            .. pairs.Distinct().Where(p => !_known.ContainsKey((p.First, p.Second))).Take(most),
        ];
        if (now.Length == 0)
        {
            return;
        }

        if (_known.Count > MaxKnown)
        {
            _known.Clear();
        }

        string folder = Directory.CreateTempSubdirectory("isolation-forecast-").FullName;
        try
        {
            GitMerge merge = new(repository, folder);
            (string Target, string Attributes) last = ("", "");
            foreach ((string first, string second, string target) in now.OrderBy(p => p.Target, StringComparer.Ordinal))
            {
                string attributes =
                    last.Target == target
                        ? last.Attributes
                        : await new GitAttributes(repository, Path.Combine(folder, "attributes"))
                            .WriteAsync(target, cancellationToken)
                            .ConfigureAwait(false);
                last = (target, attributes);
                MergeOutcome outcome = await merge
                    .RunAsync((first, "first"), (second, "second"), attributes, cancellationToken)
                    .ConfigureAwait(false);
                if (outcome is MergeOutcome.Clean or MergeOutcome.Conflict)
                {
                    _known[(first, second)] = outcome is MergeOutcome.Conflict conflict
                        ?
                        [
                            .. conflict
                                .Output.Files.Select(f => f.Path)
                                .Distinct(StringComparer.Ordinal)
                                .Order(StringComparer.Ordinal),
                        ]
                        : [];
                }
            }
        }
        finally
        {
            SafeDelete.DeleteTree(folder);
        }
    }
}
