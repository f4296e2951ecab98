using System.Globalization;

namespace Isolation.Sdk.Testing;

/// <summary>A repository with one commit, made once a day and copied from then on: a copy costs no git
/// process.</summary>
internal static class RepositoryTemplate
{
    // Folders in temp are thinned out by their age on many systems: a day is younger than any such rule.
    private static string NameOf(DateTimeOffset day) =>
        string.Create(CultureInfo.InvariantCulture, $"template-1-{day:yyyyMMdd}");

    public static async Task CopyToAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        string template = Path.Combine(ThrowawayFolder.Home, NameOf(time.GetUtcNow()));
        if (!Directory.Exists(template))
        {
            using FolderLock held = await FolderLock
                .AcquireAsync(Path.Combine(ThrowawayFolder.Home, ".template"), cancellationToken)
                .ConfigureAwait(false);
            if (!Directory.Exists(template))
            {
                await MakeAsync(template, cancellationToken).ConfigureAwait(false);
                RemoveOlder(time);
            }
        }

        Copy(template, path);
    }

    private static async Task MakeAsync(string template, CancellationToken cancellationToken)
    {
        string fresh = template + "." + Guid.NewGuid().ToString("n");
        Directory.CreateDirectory(fresh);
        await PlainGit
            .RunAsync(fresh, ["init", "-q", "-b", "main", "--template="], cancellationToken)
            .ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(fresh, "README.md"), "# Throwaway\n", cancellationToken)
            .ConfigureAwait(false);
        await PlainGit.RunAsync(fresh, ["add", "-A"], cancellationToken).ConfigureAwait(false);
        const string Born = "2020-01-01T00:00:00Z";
        await PlainGit
            .RunAsync(
                fresh,
                ["commit", "-q", "-m", "Start"],
                cancellationToken,
                ("GIT_AUTHOR_DATE", Born),
                ("GIT_COMMITTER_DATE", Born)
            )
            .ConfigureAwait(false);
        Directory.Move(fresh, template);
    }

    private static void RemoveOlder(TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        string[] kept = [NameOf(now), NameOf(now.AddDays(-1))];
        foreach (
            string folder in Directory
                .EnumerateDirectories(ThrowawayFolder.Home, "template-*")
                .Where(f => !kept.Contains(Path.GetFileName(f), StringComparer.Ordinal))
        )
        {
            FolderDeletion.Delete(folder);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }

        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
