using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Benchmarks.Replay;

/// <summary>Merges the parents of every two-parent merge of a history once more, by the library and by <c>git
/// merge</c>, and compares. The repository is only read.</summary>
internal sealed class HistoryReplay(Scratch scratch)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public async Task<int> RunAsync(string path, int limit, bool json)
    {
        string checkout = scratch.At("checkout");
        await BorrowAsync(Path.GetFullPath(path), checkout);
        LibraryMerge library = new(await GitOpener.OpenAsync(checkout), scratch.At("library"));
        ReferenceMerge reference = new(checkout);
        ReplayReport report = new()
        {
            Repository = Path.GetFullPath(path),
            GitVersion = (await PlainGit.RunAsync(checkout, "--version")).Trim(),
        };
        List<double> libraryMs = [],
            gitMs = [];
        foreach (string[] commit in await MergesAsync(path, report, limit))
        {
            (string ours, string theirs) = (commit[2], commit[3]);
            Merged mine = await TimedAsync(libraryMs, () => library.RunAsync(ours, theirs));
            Merged real = await TimedAsync(gitMs, () => reference.RunAsync(ours, theirs));
            report.AsCommitted += mine.Tree == commit[1] ? 1 : 0;
            await CompareAsync(report, library, commit, mine, real);
            if (++report.Merges % 100 == 0)
            {
                await Console.Error.WriteLineAsync(
                    $"{report.Merges} merges, {report.Disagreements.Count} disagreements"
                );
            }
        }

        (report.LibraryMedianMs, report.GitMedianMs) = (Median(libraryMs), Median(gitMs));
        Print(report, json);
        return report.Disagreements.Count == 0 ? 0 : 1;
    }

    /// <summary>A repository of its own that reads the other's objects and writes none there; it has none of its refs,
    /// config or hooks.</summary>
    private static async Task BorrowAsync(string path, string checkout)
    {
        string[] where = (
            await PlainGit.RunAsync(
                path,
                "rev-parse",
                "--path-format=absolute",
                "--git-common-dir",
                "--show-object-format"
            )
        ).Split('\n');
        Directory.CreateDirectory(checkout);
        await PlainGit.RunAsync(checkout, "init", "-q", "--template=", "--object-format=" + where[1], "-b", "replay");
        string git = Path.Combine(checkout, ".git");
        Directory.CreateDirectory(Path.Combine(git, "objects", "info"));
        await File.WriteAllTextAsync(
            Path.Combine(git, "objects", "info", "alternates"),
            Path.Combine(where[0], "objects") + "\n"
        );
        foreach (
            string setting in new[]
            {
                "gc.auto=0",
                "rerere.enabled=false",
                "core.hooksPath=/dev/null",
                "advice.statusHints=false",
            }
        )
        {
            await PlainGit.RunAsync(checkout, "config", setting.Split('=')[0], setting.Split('=')[1]);
        }

        string shallow = Path.Combine(where[0], "shallow");
        if (File.Exists(shallow))
        {
            File.Copy(shallow, Path.Combine(git, "shallow"));
        }
    }

    private static async Task<IEnumerable<string[]>> MergesAsync(string path, ReplayReport report, int limit)
    {
        string list = await PlainGit.RunAsync(
            path,
            "rev-list",
            "--all",
            "--min-parents=2",
            "--topo-order",
            "--no-commit-header",
            "--format=%H %T %P"
        );
        string[][] all = [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' '))];
        report.Octopus = all.Count(c => c.Length > 4);
        return all.Where(c => c.Length == 4).Take(limit);
    }

    private static async Task CompareAsync(
        ReplayReport report,
        LibraryMerge library,
        string[] commit,
        Merged mine,
        Merged real
    )
    {
        if (real.Verdict == Verdict.Unknown)
        {
            report.Unknown.Add(
                Describe(
                    commit,
                    mine.Verdict == Verdict.Unknown ? "missing object" : "git merge alone could not",
                    mine,
                    real
                )
            );
        }
        else if (mine.Same(real))
        {
            report.AgreedClean += mine.Verdict == Verdict.Clean ? 1 : 0;
            report.AgreedConflict += mine.Verdict == Verdict.Conflict ? 1 : 0;
            report.AgreedUnrelated += mine.Verdict == Verdict.Unrelated ? 1 : 0;
        }
        else if (
            mine.Verdict == Verdict.Conflict
            && real.Verdict == Verdict.Conflict
            && (await library.NamedAsGitDoesAsync(mine)).Same(real)
        )
        {
            report.AgreedButForName++;
        }
        else
        {
            bool attributes =
                mine.Verdict != Verdict.Unknown
                && (await library.RunAsync(commit[2], commit[3], obeyAttributes: false)).Same(real);
            report.Disagreements.Add(
                Describe(
                    commit,
                    mine.Verdict == Verdict.Unknown ? "missing object"
                        : attributes ? "attributes"
                        : "unexplained",
                    mine,
                    real
                )
            );
        }
    }

    private static ReplayDifference Describe(string[] commit, string kind, Merged mine, Merged real) =>
        new(
            commit[0],
            commit[2],
            commit[3],
            kind,
            mine.Reason ?? $"{mine.Verdict} {mine.Tree}",
            real.Reason ?? $"{real.Verdict} {real.Tree}",
            [
                .. mine.Entries.Except(real.Entries).Select(e => $"library: {e.Mode} {e.ObjectId} {e.Stage} {e.Path}"),
                .. real.Entries.Except(mine.Entries).Select(e => $"git: {e.Mode} {e.ObjectId} {e.Stage} {e.Path}"),
            ]
        );

    private static void Print(ReplayReport report, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, Json));
            return;
        }

        Console.WriteLine(
            "| merges | octopus, skipped | both clean, same tree | both conflict, same entries | same but "
                + "for the name of the first side | both unrelated | not mergeable here | **disagreements** | "
                + "library ms | git merge ms |"
        );
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"| {report.Merges} | {report.Octopus} | {report.AgreedClean} | {report.AgreedConflict} | "
                    + $"{report.AgreedButForName} | {report.AgreedUnrelated} | {report.Unknown.Count} | "
                    + $"**{report.Disagreements.Count}** | {report.LibraryMedianMs:0.0} | "
                    + $"{report.GitMedianMs:0.0} |"
            )
        );
        foreach (ReplayDifference difference in report.Disagreements.Concat(report.Unknown))
        {
            Console.WriteLine(
                $"- {difference.Merge} ({difference.Kind}): library: {difference.Library}; git: "
                    + $"{difference.Git} {string.Join("; ", difference.Differences)}"
            );
        }
    }

    private static async Task<Merged> TimedAsync(List<double> times, Func<Task<Merged>> merge)
    {
        long begun = Stopwatch.GetTimestamp();
        Merged merged = await merge();
        times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        return merged;
    }

    private static double Median(List<double> values) =>
        values.Count == 0 ? 0 : values.Order().ElementAt(values.Count / 2);
}
