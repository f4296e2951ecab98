using Xunit.Sdk;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A fact with a time limit of 60 s that knows its tier and what it needs from the machine.</summary>
[XunitTestCaseDiscoverer("Isolation.Sdk.Tests.Infrastructure.IsolationFactDiscoverer", "Isolation.Sdk.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class IsolationFactAttribute : FactAttribute
{
    public IsolationFactAttribute(params string[] needs)
    {
        Needs = needs;
        Timeout = IsolationTests.DefaultTimeout;
    }

    /// <summary>Programs on PATH, or abilities of <see cref="Tools"/>; missing ones skip the test with the
    /// reason.</summary>
    public string[] Needs { get; }

    /// <summary>The lowest tier in which the test exists.</summary>
    public Tier Tier { get; set; }
}
