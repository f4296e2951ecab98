using Isolation.Sdk.Composition;

namespace Isolation.Sdk;

/// <summary>
/// One axis of a pipeline. Extension methods on an axis choose implementations, built-in ones and third-party ones
/// alike.
/// </summary>
/// <typeparam name="TProvider">The axis' interface.</typeparam>
public sealed class Axis<TProvider>
    where TProvider : class, IIsolationAxis
{
    private readonly IsolationPipelineBuilder _builder;

    internal Axis(IsolationPipelineBuilder builder) => _builder = builder;

    internal AxisChoice<TProvider> Choice { get; private set; } = new();

    /// <summary>
    /// Chooses the implementation; the last call wins. Each pipeline calls the factory once and disposes what it
    /// returns.
    /// </summary>
    /// <param name="create">
    /// Makes it. The services resolve <see cref="TimeProvider"/>, <c>ILoggerFactory</c>, the composed
    /// <c>IStateSandbox</c>, and every service of the host, keyed ones too.
    /// </param>
    public IsolationPipelineBuilder Use(Func<IServiceProvider, TProvider> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return Choose(Choice with { Create = create, IsInstance = false, MaxLevel = null });
    }

    /// <summary>
    /// Chooses an implementation with options: those that the host configured under the pipeline's name, then <paramref
    /// name="configure"/>.
    /// </summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    public IsolationPipelineBuilder Use<TOptions>(
        Action<TOptions>? configure,
        Func<TOptions, IServiceProvider, TProvider> create
    )
        where TOptions : class, new()
    {
        ArgumentNullException.ThrowIfNull(create);
        return Use(services => create(services.GetOptions(configure), services));
    }

    /// <summary>Chooses an instance; the last call wins. Its owner disposes it.</summary>
    public IsolationPipelineBuilder Use(TProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return Choose(Choice with { Create = _ => provider, IsInstance = true, MaxLevel = null });
    }

    /// <summary>Wraps the implementation; the first one added is outermost.</summary>
    public IsolationPipelineBuilder Decorate(Func<TProvider, IServiceProvider, TProvider> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        return Choose(Choice with { Decorators = [.. Choice.Decorators, wrap] });
    }

    internal IsolationPipelineBuilder Use(Func<IServiceProvider, TProvider> create, SandboxLevel maxLevel)
    {
        Use(create);
        return Choose(Choice with { MaxLevel = maxLevel });
    }

    // What was chosen, or the default with the same decorators.
    internal AxisChoice<TProvider> OrDefault(Action<Axis<TProvider>> choose)
    {
        Axis<TProvider> copy = new(_builder) { Choice = Choice };
        if (Choice.Create is null)
        {
            choose(copy);
        }

        return copy.Choice;
    }

    private IsolationPipelineBuilder Choose(AxisChoice<TProvider> choice)
    {
        Choice = choice;
        return _builder;
    }
}
