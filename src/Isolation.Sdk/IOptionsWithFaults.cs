namespace Isolation.Sdk;

/// <summary>Options that can say what is wrong with their values, each fault with the option's name.</summary>
internal interface IOptionsWithFaults
{
    IEnumerable<IsolationFault> Validate();
}
