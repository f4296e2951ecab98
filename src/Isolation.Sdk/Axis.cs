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
    private readonly List<Func<TProvider, IServiceProvider, TProvider>> _decorators = [];
    private Func<IServiceProvider, TProvider>? _create;
    private bool _isInstance;

    internal Axis(IsolationPipelineBuilder builder) => _builder = builder;

    internal bool IsChosen => _create is not null;

    /// <summary>
    /// The highest level that the chosen implementation is made for; <see langword="null"/> for a third party's, of
    /// which only its probe tells.
    /// </summary>
    internal SandboxLevel? MaxLevel { get; private set; }

    /// <summary>
    /// Chooses the implementation; the last call wins. Each pipeline calls the factory once and disposes what it
    /// returns.
    /// </summary>
    /// <param name="create">
    /// Makes it. The services resolve <see cref="TimeProvider"/>, <c>ILoggerFactory</c>, the composed
    /// <c>IStateSandbox</c>, and every service of the host, keyed ones too.
    /// </param>
    /// <returns>The builder.</returns>
    public IsolationPipelineBuilder Use(Func<IServiceProvider, TProvider> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        (_create, _isInstance, MaxLevel) = (create, false, null);
        return _builder;
    }

    /// <summary>
    /// Chooses an implementation with options: those that the host configured under the pipeline's name, then <paramref
    /// name="configure"/>.
    /// </summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="configure">Changes the options.</param>
    /// <param name="create">Makes the implementation.</param>
    /// <returns>The builder.</returns>
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
    /// <param name="provider">The implementation.</param>
    /// <returns>The builder.</returns>
    public IsolationPipelineBuilder Use(TProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        Use(_ => provider);
        _isInstance = true;
        return _builder;
    }

    /// <summary>Wraps the implementation; the first one added is outermost.</summary>
    /// <param name="wrap">Makes the wrapper.</param>
    /// <returns>The builder.</returns>
    public IsolationPipelineBuilder Decorate(Func<TProvider, IServiceProvider, TProvider> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        _decorators.Add(wrap);
        return _builder;
    }

    internal IsolationPipelineBuilder Use(Func<IServiceProvider, TProvider> create, SandboxLevel maxLevel)
    {
        Use(create);
        MaxLevel = maxLevel;
        return _builder;
    }

    /// <summary>This axis, or one with the same decorators and the default, when nothing was chosen.</summary>
    internal Axis<TProvider> OrDefault(Action<Axis<TProvider>> choose)
    {
        if (IsChosen)
        {
            return this;
        }

        Axis<TProvider> copy = new(_builder);
        copy._decorators.AddRange(_decorators);
        choose(copy);
        return copy;
    }

    /// <summary>Makes the implementation and its wrappers.</summary>
    /// <param name="services">What factories resolve from.</param>
    /// <param name="made">Receives what has to be disposed with the pipeline.</param>
    /// <returns>The outermost wrapper first, the implementation last.</returns>
    internal IReadOnlyList<TProvider> Create(IServiceProvider services, ICollection<object> made)
    {
        TProvider provider = NotNull(_create!(services));
        if (!_isInstance)
        {
            made.Add(provider);
        }

        List<TProvider> layers = [provider];
        foreach (Func<TProvider, IServiceProvider, TProvider> wrap in _decorators.AsEnumerable().Reverse())
        {
            provider = NotNull(wrap(provider, services));
            made.Add(provider);
            layers.Insert(0, provider);
        }

        return layers;
    }

    private static TProvider NotNull(TProvider? provider) =>
        provider ?? throw new InvalidOperationException($"A factory of {typeof(TProvider).Name} returned null.");
}
