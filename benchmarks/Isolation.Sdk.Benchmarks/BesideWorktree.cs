namespace Isolation.Sdk.Benchmarks;

/// <summary>A workspace of the library against a linked worktree by git's own hand, both made and removed by the same
/// warm process.</summary>
/// <param name="scratch">Where everything is.</param>
/// <param name="name">What makes the workspace.</param>
/// <param name="create">Makes one of a repository; its disposal removes it.</param>
internal sealed class BesideWorktree(Scratch scratch, string name, Func<string, Task<IAsyncDisposable>> create)
{
    private readonly string _repository = scratch.At("repo");
    private readonly string _tree = scratch.At("tree");

    public async Task RunAsync(int files, int warmUps, int runs)
    {
        await SampleRepository.MakeAsync(_repository, files);
        Pairs made = new("git worktree add", name);
        Pairs whole = new("add and remove", "create and dispose");
        await new Pairs("", "").RunAsync(warmUps, _ => AddAndRemoveAsync(), _ => CreateAndDisposeAsync());
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
        IAsyncDisposable? tree = null;
        Cost cost = await Cost.OfAsync(async () => tree = await create(_repository));
        await tree!.DisposeAsync();
        return cost;
    }

    private Task<Cost> AddAndRemoveAsync() =>
        Cost.OfAsync(async () =>
        {
            await Command.GitAsync(_repository, "worktree", "add", "-q", "--detach", _tree);
            await Command.GitAsync(_repository, "worktree", "remove", _tree);
        });

    private Task<Cost> CreateAndDisposeAsync() =>
        Cost.OfAsync(async () =>
        {
            await using IAsyncDisposable tree = await create(_repository);
        });
}
