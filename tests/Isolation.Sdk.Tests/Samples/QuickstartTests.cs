using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

/// <summary>What the sample says of itself is looked up again, with plain git and files.</summary>
public sealed partial class QuickstartTests
{
    private static readonly string[] Items = ["rounding", "tax-rate", "cart-total", "receipt"];

    [IsolationFact(Tools.Linux, Timeout = 240_000, Tier = Tier.Ci)]
    public async Task What_it_claims_is_so_by_plain_git_and_the_bytes_of_files()
    {
        using QuickstartProcess quickstart = new("with a space");
        (int code, string output, string error) = await quickstart.RunAsync("--keep");
        Assert.True(code == 0, output + error);
        string root = KeptIn().Match(output).Groups[1].Value;
        string shop = Path.Combine(root, "shop");
        Task<string> Git(params string[] arguments) => ThrowawayRepository.GitInAsync(shop, arguments);

        Dictionary<string, string> made = Items.ToDictionary(
            i => i,
            i => Git("rev-parse", $"refs/isolation/attempts/{i}/1").Result
        );
        string[] contained = (await Git("rev-list", "landing")).Split('\n');
        string[] landed = [.. Items.Where(i => contained.Contains(made[i]))];
        string loser = Assert.Single(Items.Except(landed));
        string winner = loser == "rounding" ? "tax-rate" : "rounding";
        Assert.Equal(["cart-total", "receipt", winner], landed.Order(StringComparer.Ordinal).OrderBy(i => i == winner));

        (int conflicts, string merged) = await MergeAsync(shop, made[winner], made[loser]);
        Assert.Equal(1, conflicts);
        Assert.Equal(["shop/Price.cs"], merged.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1));
        Assert.Matches($@"shop/Price\.cs \(contents\): {loser} against {winner}", output);

        string start = await Git("rev-parse", made["receipt"] + "^");
        Assert.Contains(made["cart-total"], (await Git("rev-list", start)).Split('\n'));

        (DateTimeOffset From, DateTimeOffset To)[] ran =
        [
            .. Items.Select(i => Ran(Path.Combine(root, "shop.workers", $"{i}.1.log"))),
        ];
        Assert.Contains(ran, a => ran.Any(b => a != b && a.From < b.To && b.From < a.To));

        string[] trees = (await Git("log", "--first-parent", "--format=%T", "main..landing")).Split('\n');
        Assert.Equal(3, trees.Length);
        Assert.Empty(trees.Except(GreenTrees(Path.Combine(root, "shop.workers", ".gates", "landing.gates.jsonl"))));

        Assert.Equal(Bytes(Path.Combine(root, "before"), ""), Bytes(shop, ".git" + Path.DirectorySeparatorChar));
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(root, "before", "git", "index")),
            await File.ReadAllBytesAsync(Path.Combine(shop, ".git", "index"))
        );
        Assert.Equal("ref: refs/heads/main\n", await File.ReadAllTextAsync(Path.Combine(shop, ".git", "HEAD")));
        Assert.Equal("", await Git("status", "--porcelain"));
        Assert.Equal("1", await Git("rev-list", "--count", "main"));

        Assert.DoesNotContain('\e', output);
        Assert.All(Items, i =>
            Assert.Matches(
                $@"(?m)^  {i}\.1 \| item: {i} \| phase: \S+ \| branch: isolation/{i}/1/work \| \d+[smh] \| "
                    + $@"active \d+[smh] ago \| blocked by: –$",
                output
            )
        );
    }

    [IsolationFact(Tools.Linux, Timeout = 240_000, Tier = Tier.Ci)]
    public Task A_landing_that_no_gate_tested_is_named() => FaultAsync("gate");

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public Task Workers_that_never_overlap_are_named() => FaultAsync("overlap");

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public Task A_touched_canonical_checkout_is_named() => FaultAsync("canonical");

    [IsolationFact(Tools.Linux, Tools.Interruptible, Tier = Tier.Ci)]
    public async Task An_interrupt_ends_it_in_an_orderly_way_and_leaves_nothing()
    {
        using QuickstartProcess quickstart = new();
        using Process process = quickstart.Start();
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync();
        } while (line?.Contains("phase: implement", StringComparison.Ordinal) == false);

        QuickstartProcess.Interrupt(process);
        (int code, string output, string error) = await quickstart.EndAsync(process);

        Assert.True(code == 130, output + error);
        Assert.Equal("Interrupted.\n", error);
        quickstart.AssertNothingLeft();
    }

    [IsolationFact(Tools.Linux)]
    public async Task Arguments_that_make_no_sense_are_told_how_to_use_it()
    {
        using QuickstartProcess quickstart = new();
        foreach (
            string[] arguments in new string[][]
            {
                ["--nonsense"],
                ["--demo-fault"],
                ["--demo-fault", "moon"],
                ["shop"],
            }
        )
        {
            (int code, string output, string error) = await quickstart.RunAsync(arguments);

            Assert.Equal(2, code);
            Assert.Equal("", output);
            Assert.Contains("--demo-fault FAULT", error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await quickstart.RunAsync("--help")).Code);
        quickstart.AssertNothingLeft();
    }

    private static async Task FaultAsync(string fault)
    {
        using QuickstartProcess quickstart = new();
        (int code, string output, string error) = await quickstart.RunAsync("--demo-fault", fault);

        Assert.Equal(1, code);
        Assert.StartsWith(
            $"Broken promise: {fault}: ",
            Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal
        );
        Assert.Contains($"BROKEN  {fault}", output, StringComparison.Ordinal);
        quickstart.AssertNothingLeft();
    }

    private static async Task<(int Code, string Output)> MergeAsync(string repository, string one, string other)
    {
        ProcessStartInfo start = new("git", ["merge-tree", "--write-tree", "--name-only", "--no-messages", one, other])
        {
            WorkingDirectory = repository,
            RedirectStandardOutput = true,
        };
        using Process git = Process.Start(start)!;
        string output = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        return (git.ExitCode, output);
    }

    private static (DateTimeOffset From, DateTimeOffset To) Ran(string log)
    {
        JsonElement[] stages =
        [
            .. File.ReadLines(log)
                .Select(l => JsonDocument.Parse(l).RootElement)
                .Where(e => e.GetProperty("kind").GetString() == "Stage"),
        ];
        DateTimeOffset At(string stage) =>
            stages.Single(e => e.GetProperty("stage").GetString() == stage).GetProperty("time").GetDateTimeOffset();
        return (At("Run"), At("Capture"));
    }

    private static IEnumerable<string> GreenTrees(string log) =>
        File.ReadLines(log)
            .Select(l => JsonDocument.Parse(l).RootElement)
            .Where(e => e.GetProperty("verdict").GetString() == "Pass" && e.GetProperty("exitCode").GetInt32() == 0)
            .Select(e => e.GetProperty("tree").GetString()!);

    private static SortedDictionary<string, string> Bytes(string folder, string except) =>
        new(
            Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f))
                .Where(f =>
                    !f.StartsWith("git" + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                    && (except.Length == 0 || !f.StartsWith(except, StringComparison.Ordinal))
                )
                .ToDictionary(f => f, f => Convert.ToHexString(File.ReadAllBytes(Path.Combine(folder, f)))),
            StringComparer.Ordinal
        );

    [GeneratedRegex("(?m)^Kept in (.+)$")]
    private static partial Regex KeptIn();
}
