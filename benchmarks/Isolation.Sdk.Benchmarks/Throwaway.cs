using Isolation.Sdk.Testing;

namespace Isolation.Sdk.Benchmarks;

/// <summary>A throwaway worktree of 500 files against git's own, made and removed by the same warm process.</summary>
internal sealed class Throwaway(Scratch scratch)
{
    private const int WarmUps = 3;
    private readonly string _repository = scratch.At("repo");
    private readonly string _tree = scratch.At("tree");

    public async Task RunAsync(int runs)
    {
        await SampleRepository.MakeAsync(_repository, 500);
        Environment.SetEnvironmentVariable("TMPDIR", scratch.At("temp")); // The throwaway is on the file system of the other one.
        Directory.CreateDirectory(scratch.At("temp"));
        Pairs made = new("git worktree add", "ThrowawayWorktree.CreateAsync");
        Pairs whole = new("add and remove", "create and dispose");
        await new Pairs("", "").RunAsync(WarmUps, _ => AddAndRemoveAsync(), _ => CreateAndDisposeAsync());
        await made.RunAsync(runs, _ => AddAsync(), _ => CreateAsync());
        await whole.RunAsync(runs, _ => AddAndRemoveAsync(), _ => CreateAndDisposeAsync());
        await Machine.PrintAsync(scratch.Path);
        made.Print();
        Console.WriteLine();
        whole.Print();
    }

    private async Task<Cost> AddAsync()
    {
        Cost cost = await Cost.OfAsync(() => Command.GitAsync(_repository, "worktree", "add", "-q", "--detach", _tree));
        await Command.GitAsync(_repository, "worktree", "remove", _tree);
        return cost;
    }

    private async Task<Cost> CreateAsync()
    {
        ThrowawayWorktree? tree = null;
        Cost cost = await Cost.OfAsync(async () => tree = await ThrowawayWorktree.CreateAsync(_repository));
        await tree!.DisposeAsync();
        return cost;
    }

    private Task<Cost> AddAndRemoveAsync() => Cost.OfAsync(async () =>
    {
        await Command.GitAsync(_repository, "worktree", "add", "-q", "--detach", _tree);
        await Command.GitAsync(_repository, "worktree", "remove", _tree);
    });

    private Task<Cost> CreateAndDisposeAsync() => Cost.OfAsync(async () =>
    {
        await using ThrowawayWorktree tree = await ThrowawayWorktree.CreateAsync(_repository);
    });
}
