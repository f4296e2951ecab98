using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Contexts;

/// <summary>A worker's own service scope; for anyone else it is closed. What it hands out is the host's own and guards itself.</summary>
internal sealed class SealedServices(IServiceProvider inner, WorkerSeal seal) : IKeyedServiceProvider
{
    public object? GetService(Type serviceType)
    {
        seal.Demand();
        return serviceType == typeof(IServiceProvider) ? this : inner.GetService(serviceType);
    }

    public object? GetKeyedService(Type serviceType, object? serviceKey)
    {
        seal.Demand();
        return inner is IKeyedServiceProvider keyed ? keyed.GetKeyedService(serviceType, serviceKey) : null;
    }

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey)
    {
        seal.Demand();
        return inner.GetRequiredKeyedService(serviceType, serviceKey);
    }
}
