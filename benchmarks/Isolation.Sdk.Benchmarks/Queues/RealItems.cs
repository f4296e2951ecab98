using System.Globalization;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Benchmarks.Queues;

/// <summary>A repository of 200 files and 48 items for it, each in a good and in a bad edition: a bad one makes every
/// candidate red that contains it.</summary>
internal sealed class RealItems(string path)
{
    public const int Count = 48;

    /// <summary>What the gate looks for.</summary>
    public const string BadFile = "bad.txt";

    private const int Files = 200;
    private readonly Capture[] _good = new Capture[Count];
    private readonly Capture[] _bad = new Capture[Count];

    public static async Task<RealItems> MakeAsync(string path)
    {
        await SampleRepository.MakeAsync(path, Files);
        RealItems items = new(path);
        string main = await Command.GitAsync(path, "rev-parse", "main");
        for (int i = 0; i < Count; i++)
        {
            string file = string.Create(CultureInfo.InvariantCulture, $"item-{i:00}.txt");
            items._good[i] = await items.CommitAsync(main, file);
            items._bad[i] = await items.CommitAsync(main, file, BadFile);
        }

        await Command.GitAsync(path, "checkout", "-q", "main");
        await Command.GitAsync(path, "gc", "-q");
        return items;
    }

    public Capture Of(int item, bool bad) => bad ? _bad[item] : _good[item];

    /// <summary>A copy in which nothing has happened yet.</summary>
    public async Task CopyAsync(string to) => await Command.RunAsync(path, "cp", "-a", path, to);

    private async Task<Capture> CommitAsync(string main, params string[] files)
    {
        await Command.GitAsync(path, "checkout", "-q", "--detach", main);
        foreach (string file in files)
        {
            // Bad items would collide with each other if they brought different lines.
            await File.WriteAllTextAsync(Path.Combine(path, file), file + "\n");
        }

        await Command.GitAsync(path, "add", "-A");
        await Command.GitAsync(path, "commit", "-q", "-m", files[0]);
        string commit = await Command.GitAsync(path, "rev-parse", "HEAD");
        string name = $"refs/bench/{commit}";
        await Command.GitAsync(path, "update-ref", name, commit);
        return new Capture(commit, main, name, [.. files.Select(f => new FileChange(f, FileChangeKind.Added, 1, 0))]);
    }
}
