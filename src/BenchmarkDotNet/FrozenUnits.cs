using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>One case of a benchmark: a model and the units of it that are frozen. Its name is what the table shows and <c>--filter</c> finds.</summary>
public sealed class FrozenUnits
{
    private readonly string name;
    private readonly int[] frozen;

    private FrozenUnits(BenchmarkedModel model, string name, IEnumerable<int> frozen)
    {
        Model = model;
        this.name = name;
        this.frozen = [.. frozen];
    }

    /// <summary>The model.</summary>
    public BenchmarkedModel Model { get; }

    /// <summary>The places of the frozen units, from 0 at the input.</summary>
    public IReadOnlyList<int> Frozen => frozen;

    /// <summary>The model and what of it is frozen.</summary>
    public override string ToString() => $"{Model.Name}: {name}";

    internal static FrozenUnits None(BenchmarkedModel model) => new(model, "nothing", []);

    /// <summary>The first units; all but a head that is known as one is the usual way of adapting a network.</summary>
    internal static FrozenUnits Prefix(BenchmarkedModel model, int count, IReadOnlyList<FreezeUnit> units) =>
        new(model, count == units.Count - 1 && units[count].IsHead ? "all but head" : $"first {count} of {units.Count}", Enumerable.Range(0, count));

    /// <summary>The middle third, rounded up, of three units or more: work upstream and downstream of it remains.</summary>
    internal static FrozenUnits Middle(BenchmarkedModel model, int units)
    {
        int first = units / 3, count = (units + 2) / 3;
        return new FrozenUnits(model, count == 1 ? $"unit {first + 1} of {units}" : $"units {first + 1}-{first + count} of {units}", Enumerable.Range(first, count));
    }

    /// <summary>What a run had frozen when it ended.</summary>
    internal static FrozenUnits Reached(BenchmarkedModel model, string name, DecisionRecord log, IReadOnlyList<FreezeUnit> units)
    {
        string logged = string.Join(", ", log.Units), here = string.Join(", ", units.Select(unit => unit.Path));
        if (logged != here) throw new ArgumentException($"Benchmark {model.Name}: the run '{name}' has units {logged}; the model has {here}.");
        var frozen = new SortedSet<int>();
        foreach (DecisionEntry entry in log.Entries)
        {
            if (entry.Action == FreezeAction.Freeze) frozen.Add(entry.Unit);
            else if (entry.Action == FreezeAction.Thaw) frozen.Remove(entry.Unit);
        }
        return new FrozenUnits(model, $"{name}, {frozen.Count} of {units.Count}", frozen);
    }

    internal void Freeze(BenchmarkedTraining training)
    {
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(training.Model, Model.Division);
        foreach (int unit in frozen)
        {
            foreach (Autograd.Parameter parameter in units[unit].Parameters) parameter.IsFrozen = true;
        }
    }
}
