namespace Isolation.Sdk;

/// <summary>One axis of a pipeline. Extension methods on an axis are how implementations are chosen, the built-in ones and everybody's.</summary>
/// <typeparam name="TProvider">The axis' interface.</typeparam>
public sealed class Axis<TProvider>
    where TProvider : class, IIsolationAxis
{
    private readonly IsolationPipelineBuilder _root;
    private readonly List<Func<TProvider, IServiceProvider, TProvider>> _decorators = [];
    private Func<IServiceProvider, TProvider>? _create;

    internal Axis(IsolationPipelineBuilder root) => _root = root;

    internal bool IsChosen => _create is not null;

    /// <summary>The highest level that the chosen implementation is made for; <see langword="null"/> for somebody else's, of which only its probe tells.</summary>
    internal SandboxLevel? MaxLevel { get; private set; }

    /// <summary>Chooses the implementation; the last call wins.</summary>
    /// <param name="create">Makes it. The services resolve <see cref="TimeProvider"/>, <c>ILoggerFactory</c> and the composed <c>IStateSandbox</c> beside everything of the host's.</param>
    /// <returns>The builder.</returns>
    public IsolationPipelineBuilder Use(Func<IServiceProvider, TProvider> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        _root.ThrowIfBuilt();
        (_create, MaxLevel) = (create, null);
        return _root;
    }

    internal IsolationPipelineBuilder Use(Func<IServiceProvider, TProvider> create, SandboxLevel reaches)
    {
        Use(create);
        MaxLevel = reaches;
        return _root;
    }

    /// <summary>Chooses an instance; the last call wins.</summary>
    /// <param name="provider">The implementation.</param>
    /// <returns>The builder.</returns>
    public IsolationPipelineBuilder Use(TProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return Use(_ => provider);
    }

    /// <summary>Wraps the implementation; the first one added is outermost.</summary>
    /// <param name="wrap">Makes the wrapper.</param>
    /// <returns>The builder.</returns>
    public IsolationPipelineBuilder Decorate(Func<TProvider, IServiceProvider, TProvider> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        _root.ThrowIfBuilt();
        _decorators.Add(wrap);
        return _root;
    }

    internal TProvider Create(IServiceProvider services)
    {
        TProvider made = _create!(services);
        for (int i = _decorators.Count - 1; i >= 0; i--)
        {
            made = _decorators[i](made, services);
        }

        return made;
    }
}
