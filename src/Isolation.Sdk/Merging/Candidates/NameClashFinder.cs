using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>Names that git tells apart and the file systems of macOS and Windows do not.</summary>
internal sealed class NameClashFinder(QueueContext context)
{
    private const int MaxNamed = 10;

    // No process unless names are alike: then git says which of them the candidate really has.
    public async Task<IReadOnlyList<(string One, string Other)>> FindAsync(
        Candidate candidate,
        IReadOnlyList<TargetCommit> since,
        IReadOnlyList<Candidate> ahead,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> known = new(StringComparer.Ordinal);
        foreach (
            string name in since.SelectMany(s => s.Files).Concat(ahead.SelectMany(c => c.Files)).SelectMany(WithFolders)
        )
        {
            known.TryAdd(Fold(name), name);
        }

        List<(string One, string Other)> alike = [];
        foreach (string name in candidate.Files.SelectMany(WithFolders).Distinct(StringComparer.Ordinal))
        {
            string key = Fold(name);
            if (!known.TryAdd(key, name) && known[key] != name && alike.Count < MaxNamed)
            {
                alike.Add((known[key], name));
            }
        }

        if (alike.Count == 0)
        {
            return alike;
        }

        GitCommand list = GitCommand.In(
            context.Repository.CommonDirectory,
            [
                .. "--literal-pathspecs ls-tree -z --name-only".Split(' '),
                candidate.Commit,
                "--",
                .. alike.SelectMany(a => new[] { a.One, a.Other }),
            ]
        );
        GitResult answer = await context.Repository.Client.RunAsync(list, cancellationToken).ConfigureAwait(false);
        HashSet<string> there = new(answer.Fields, StringComparer.Ordinal);
        return [.. alike.Where(a => there.Contains(a.One) && there.Contains(a.Other))];
    }

    private static IEnumerable<string> WithFolders(string path)
    {
        for (int slash = path.IndexOf('/'); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }

        yield return path;
    }

    private static string Fold(string name) =>
        (Ascii.IsValid(name) ? name : name.Normalize(NormalizationForm.FormC)).ToUpperInvariant();
}
