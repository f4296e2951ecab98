using System.ComponentModel;
using Isolation.Sdk;
using Quickstart;

// Four work items on a small repository, each carried out by a process of its own: two that have nothing to do with
// each other, one that changes the same line as another, and one that needs what another made.

if (DemoOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(DemoOptions.Usage);
    return DemoOptions.Misused;
}

if (options.Help)
{
    Console.WriteLine(DemoOptions.Usage);
    return 0;
}

using CancellationTokenSource cancel = new();
using Interruption interruption = new(cancel);
try
{
    return options.Worker is { } item
        ? await DemoWorker.RunAsync(item, options.Fault, cancel.Token)
        : await RunDemoAsync(options, cancel.Token);
}
catch (OperationCanceledException) when (cancel.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Interrupted.");
    return interruption.ExitCode;
}
catch (IsolationConfigurationException e)
{
    await Console.Error.WriteLineAsync(string.Join('\n', e.Faults));
    return 1;
}
catch (Win32Exception e)
{
    await Console.Error.WriteLineAsync(
        $"A program could not be started: {e.Message}. Git 2.39 or newer and the .NET 10 SDK have to be on PATH."
    );
    return 1;
}
catch (Exception e)
    when (e is IsolationException or IOException or UnauthorizedAccessException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

static async Task<int> RunDemoAsync(DemoOptions options, CancellationToken cancellationToken)
{
    await using DemoRepository demo = await DemoRepository.CreateAsync(options.Keep, cancellationToken);
    CanonicalState before = await CanonicalState.ReadAsync(demo.Checkout, cancellationToken);
    await before.SaveAsync(demo.Checkout, demo.Before, cancellationToken);

    WorkItem[] items =
    [
        new("rounding", "Round prices to whole cents") { Base = "main" },
        new("tax-rate", "Raise the tax rate to 25 %") { Base = "main" },
        new("cart-total", "Let a cart say what it costs"),
        new("receipt", "Print a receipt with the cart's total") { BlockedBy = ["cart-total"] },
    ];
    (string self, string[] arguments) = DemoWorker.Command(options.Fault);

    IsolationPipelineBuilder builder = new IsolationPipelineBuilder(demo.Checkout)
        .Configure(o =>
            (o.MaxWorkers, o.MaxAttempts, o.StopGrace) = (
                options.Fault == DemoFault.Overlap ? 1 : 4,
                1,
                TimeSpan.FromSeconds(2)
            )
        )
        .Workspaces.UseGitWorktrees() // a directory and a branch of its own for each worker
        .Contexts.UseFresh(o => o.TokenBudget = 1_000) // a briefing, and nothing inherited
        .Sandbox.UseProcess() // environment, home, temp, caches and processes of its own
        // merge, test the merged tree, land exactly that
        .Merging.UseSerialQueue(o => o.Gates.Add("dotnet", DemoRepository.Gate))
        .Target(DemoRepository.Target, from: "main") // never the branch that is checked out
        .RunProcess(self, arguments); // here your agent's command would stand
    if (options.Fault == DemoFault.Gate)
    {
        builder.Merging.UseFirstWins();
    }

    await using IsolationPipeline pipeline = builder.Build();
    Screen screen = new(Console.Out);
    screen.Introduce(demo, items, await pipeline.AuditAsync(cancellationToken));

    await using IsolationRun run = pipeline.Start(items, cancellationToken);
    await screen.FollowAsync(pipeline, run, items);
    IsolationSummary summary = await run.Completion;
    cancellationToken.ThrowIfCancellationRequested();

    await new Report(screen, demo).WriteAsync(summary, cancellationToken);
    IReadOnlyList<Promise> promises = await new Proof(demo, summary).CheckAsync(before, cancellationToken);
    screen.Promises(promises, summary.Elapsed);
    foreach (Promise broken in promises.Where(p => !p.Kept))
    {
        await Console.Error.WriteLineAsync($"Broken promise: {broken.Name}: {broken.Proof}");
    }

    return promises.All(p => p.Kept) ? 0 : 1;
}
