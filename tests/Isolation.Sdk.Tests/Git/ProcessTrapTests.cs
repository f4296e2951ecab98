using Isolation.Sdk.Git;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Git;

/// <summary>What a conversation with a child process can get stuck in.</summary>
public class ProcessTrapTests
{
    private const int Lines = 100_000;

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Much_input_and_much_output_at_once_do_not_block_each_other()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        GitCommand ask = GitCommand.In(bench.Repository.CommonDirectory, "cat-file", "--batch-check") with
        {
            Input = string.Concat(Enumerable.Repeat(bench.Base + "\n", Lines)),
        };
        GitResult answer = await bench.Repository.Client.RunAsync(ask);
        Assert.Equal(Lines, answer.Output.Count(c => c == '\n'));
    }

    [IsolationFact]
    public async Task A_git_that_ends_before_it_read_its_input_says_why()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        GitCommand refused = GitCommand.In(
            bench.Repository.CommonDirectory,
            "cat-file",
            "--batch-check",
            "--no-such-option"
        ) with
        {
            Input = new string('x', 4_000_000),
        };
        GitResult answer = await bench.Repository.Client.TryRunAsync(refused);
        Assert.Equal(129, answer.ExitCode);
        Assert.Contains("no-such-option", answer.Error, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task Nothing_to_say_means_an_input_that_ends_at_once()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        Assert.Equal("", (await bench.Repository.RunAsync(CancellationToken.None, "cat-file", "--batch-check")).Output);
    }
}
