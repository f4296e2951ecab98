using Xunit.Sdk;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A theory with a time limit of 60 s a row that knows its tier and what it needs from the machine.</summary>
[XunitTestCaseDiscoverer("Isolation.Sdk.Tests.Infrastructure.IsolationTheoryDiscoverer", "Isolation.Sdk.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class IsolationTheoryAttribute : TheoryAttribute
{
    public IsolationTheoryAttribute(params string[] needs)
    {
        Needs = needs;
        Timeout = IsolationTests.DefaultTimeout;
    }

    /// <summary>Programs on PATH, or abilities of <see cref="Tools"/>; missing ones skip the test with the
    /// reason.</summary>
    public string[] Needs { get; }

    /// <summary>The lowest tier in which the test exists.</summary>
    public Tier Tier { get; set; }

    /// <summary>How many rows the default tier runs; the others are for the higher ones. 0: all.</summary>
    public int DefaultRows { get; set; }
}
