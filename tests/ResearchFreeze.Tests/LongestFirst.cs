using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Tests.Cli;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(ResearchFreeze.Tests.LongestFirst))]

namespace ResearchFreeze.Tests;

/// <summary>The collections that take longest begin first: one that begins last runs alone on one core while the others wait for it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>In this order; all others after them, as they come. A class that belongs to no collection is one, whose name ends with the class's and an identifier.</summary>
    private static readonly string[] Longest = ["gpu", "simulator", $".{nameof(CpuDeviceProcessTests)} (", $".{nameof(GpuPtxTests)} (", $".{nameof(DoctorVerbTests)} ("];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Place(collection.TestCollectionDisplayName))];

    private static int Place(string name)
    {
        int at = Array.FindIndex(Longest, longest => name == longest || (longest[0] == '.' && name.Contains(longest, StringComparison.Ordinal)));
        return at < 0 ? Longest.Length : at;
    }
}
