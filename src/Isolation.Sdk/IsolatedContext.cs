using Isolation.Sdk.Contexts;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>The context axis alone, for a host that has its own workspaces and state.</summary>
public static class IsolatedContext
{
    /// <summary>Runs code with a fresh context: a briefing of exactly one item, an empty conversation that nobody else
    /// can read or write, an async flow that inherits nothing. All of it is sealed when the code ends.</summary>
    /// <typeparam name="T">What the code returns.</typeparam>
    /// <param name="item">The item; the briefing says its title and instructions.</param>
    /// <param name="run">The code.</param>
    /// <param name="configure">Changes the options; references need absolute paths here.</param>
    /// <param name="cancellationToken">Handed on to the code.</param>
    /// <exception cref="IsolationException">ISO0503: the briefing is over its budget; ISO0504: a reference cannot be
    /// read.</exception>
    public static async Task<T> RunAsync<T>(
        WorkItem item,
        Func<WorkerContext, CancellationToken, Task<T>> run,
        Action<FreshContextOptions>? configure = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(run);
        FreshContextOptions options = new();
        configure?.Invoke(options);
        string folder = Directory.CreateTempSubdirectory("isolation-context-").FullName;
        try
        {
            WorkspaceInfo nowhere = new(Path.Combine(folder, "work"), Path.Combine(folder, "work", ".git"), null, "");
            StateInfo state = new(folder, Path.Combine(folder, "tmp"), [], new Dictionary<string, int>());
            ContextRequest request = new(new AttemptId(item.Id, 1), item, nowhere, state, []);
            WorkerContext context = await new FreshContextFactory(options, TimeProvider.System)
                .CreateAsync(request, cancellationToken)
                .ConfigureAwait(false);
            return await WorkerFlow
                .RunAsync(context.Lifetime, () => run(context, cancellationToken))
                .ConfigureAwait(false);
        }
        finally
        {
            SafeDelete.DeleteTree(folder);
        }
    }
}
