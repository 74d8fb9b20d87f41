using System.Collections.Immutable;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>A group a model, its baseline first, then in the order in which the states are declared; the default sorts by time and takes each state for a group of its own.</summary>
internal sealed class ModelOrder : IOrderer
{
    public bool SeparateLogicalGroups => true;

    public IEnumerable<BenchmarkCase> GetExecutionOrder(ImmutableArray<BenchmarkCase> benchmarksCase, IEnumerable<BenchmarkLogicalGroupRule>? order = null)
    {
        string[] models = [.. benchmarksCase.Select(ModelOf).Distinct()];
        return benchmarksCase.OrderBy(one => one.Job.DisplayInfo, StringComparer.Ordinal).ThenBy(one => Array.IndexOf(models, ModelOf(one))).ThenByDescending(one => one.Descriptor.Baseline);
    }

    public IEnumerable<BenchmarkCase> GetSummaryOrder(ImmutableArray<BenchmarkCase> benchmarksCases, Summary summary) => GetExecutionOrder(benchmarksCases);

    public string? GetHighlightGroupKey(BenchmarkCase benchmarkCase) => null;

    public string GetLogicalGroupKey(ImmutableArray<BenchmarkCase> allBenchmarksCases, BenchmarkCase benchmarkCase) => $"{ModelOf(benchmarkCase)} {benchmarkCase.Job.DisplayInfo}";

    public IEnumerable<IGrouping<string, BenchmarkCase>> GetLogicalGroupOrder(IEnumerable<IGrouping<string, BenchmarkCase>> logicalGroups, IEnumerable<BenchmarkLogicalGroupRule>? order = null) =>
        logicalGroups;

    private static string ModelOf(BenchmarkCase one) => one.Parameters.Items.Select(item => item.Value).OfType<FrozenUnits>().FirstOrDefault()?.Model.Name ?? one.Descriptor.WorkloadMethod.Name;
}
