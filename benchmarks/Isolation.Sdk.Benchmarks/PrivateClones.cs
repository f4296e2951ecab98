namespace Isolation.Sdk.Benchmarks;

/// <summary>A private clone of 5,000 files against a linked worktree by git's own hand, made and removed by the same warm process.</summary>
internal sealed class PrivateClones(Scratch scratch)
{
    private const int Files = 5_000;
    private const int WarmUps = 1;
    private readonly string _repository = scratch.At("repo");
    private readonly string _tree = scratch.At("tree");

    public async Task RunAsync(int runs)
    {
        await SampleRepository.MakeAsync(_repository, Files);
        Pairs made = new("git worktree add", "PrivateClone.CreateAsync");
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
        PrivateClone? clone = null;
        Cost cost = await Cost.OfAsync(async () => clone = await PrivateClone.CreateAsync(_repository));
        await clone!.DisposeAsync();
        return cost;
    }

    private Task<Cost> AddAndRemoveAsync() => Cost.OfAsync(async () =>
    {
        await Command.GitAsync(_repository, "worktree", "add", "-q", "--detach", _tree);
        await Command.GitAsync(_repository, "worktree", "remove", _tree);
    });

    private Task<Cost> CreateAndDisposeAsync() => Cost.OfAsync(async () =>
    {
        await using PrivateClone clone = await PrivateClone.CreateAsync(_repository);
    });
}
