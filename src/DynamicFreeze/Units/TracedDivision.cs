using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Units found in the graph of a forward pass: a boundary is where everything behind depends on everything before through one tensor alone (an articulation point), so that freezing all before it
/// ends the backward pass there. A residual block has none inside and stays whole. A segment without a weight of two or more axes (a normalisation, a scale) joins the one before it. The last segment is the head, unless a
/// branch of its own begins in it.
/// </summary>
public sealed class TracedDivision : UnitDivision
{
    private readonly Func<Tensor> forward;
    private readonly List<string> refusals = [];
    private List<Segment> segments = [];

    /// <summary>What lies between two boundaries: a parameter may be used in several. <c>Begins</c>: some call reads no other, so that a branch begins here.</summary>
    private readonly record struct Segment(List<Parameter> Parameters, bool HasMatrix, bool Begins);

    internal TracedDivision(Func<Tensor> forward) => this.forward = forward;

    /// <inheritdoc/>
    public override string Name => "traced";

    /// <summary>After the division: each boundary between two of the model's blocks that could not be one, with the reason.</summary>
    public IReadOnlyList<string> Refusals => refusals;

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model)
    {
        IReadOnlyList<TracedCall> calls = Trace(model);
        if (calls.Count == 0) throw new ArgumentException($"Units: the traced forward pass of {model} records nothing: it uses none of the model's parameters.");
        var names = new Dictionary<Parameter, List<NamedParameter>>(ReferenceEqualityComparer.Instance);
        foreach (NamedParameter named in model.NamedParameters())
        {
            if (!names.TryGetValue(named.Parameter, out List<NamedParameter>? uses)) names.Add(named.Parameter, uses = []);
            uses.Add(named);
        }
        CheckAllUsed(model, calls);
        segments = [];
        int start = 0;
        IReadOnlyList<UnitGroup> blocks = ModuleBlocks.Of(model);
        foreach (int end in Boundaries(blocks, calls))
        {
            Segment next = Between(calls, start, end + 1, names);
            start = end + 1;
            // What has no matrix of its own joins what is before it; at the front, what comes next joins it.
            if (segments.Count > 0 && !(next.HasMatrix && segments[^1].HasMatrix)) segments[^1] = Joined(segments[^1], next);
            else if (next.Parameters.Count > 0) segments.Add(next);
        }
        return Named(blocks, names);
    }

    internal override bool[] FindHeads(ModuleBase model, IReadOnlyList<UnitGroup> units) =>
        segments[^1].Begins ? new bool[units.Count] : LastAlone(segments.Select(segment => segment.Parameters), units);

    private static Segment Between(IReadOnlyList<TracedCall> calls, int start, int end, Dictionary<Parameter, List<NamedParameter>> names)
    {
        TracedCall[] here = [.. calls.Skip(start).Take(end - start)];
        List<Parameter> parameters = [.. here.SelectMany(call => call.Parameters).Where(names.ContainsKey).Distinct()];
        return new Segment(parameters, parameters.Exists(parameter => parameter.Shape.Rank > 1), Array.Exists(here, call => call.Producers.Count == 0));
    }

    private static Segment Joined(Segment first, Segment second)
    {
        first.Parameters.AddRange(second.Parameters);
        return new Segment(first.Parameters, first.HasMatrix || second.HasMatrix, first.Begins || second.Begins);
    }

    private IReadOnlyList<TracedCall> Trace(ModuleBase model)
    {
        Device device = model.Parameters().FirstOrDefault()?.Value.Device ?? throw new ArgumentException($"Units: model {model} has no parameters.");
        using CostScope booking = device.Counters.For(CostKind.Other);
        using var scope = new Scope();
        using var buffers = new TensorCopy(model.Buffers().Select(buffer => buffer.Value));
        buffers.Take();
        try
        {
            using GradMode.Restore mode = GradMode.Override(_ => true);
            return GraphTrace.Of(forward());
        }
        finally
        {
            buffers.Restore();
        }
    }

    private static void CheckAllUsed(ModuleBase model, IReadOnlyList<TracedCall> calls)
    {
        var used = new HashSet<Parameter>(calls.SelectMany(call => call.Parameters), ReferenceEqualityComparer.Instance);
        foreach (NamedParameter named in model.NamedParameters())
        {
            if (!used.Contains(named.Parameter)) throw new ArgumentException($"Units: the traced forward pass does not use '{named.Path}', so it can belong to no unit.");
        }
    }

    /// <summary>The last call of each segment.</summary>
    private List<int> Boundaries(IReadOnlyList<UnitGroup> blocks, IReadOnlyList<TracedCall> calls)
    {
        refusals.Clear();
        var readers = new int[calls.Count];                                   // the last call that reads each
        for (int i = 0; i < calls.Count; i++)
        {
            foreach (int producer in calls[i].Producers) readers[producer] = i;
        }
        Dictionary<Parameter, UnitGroup> blockOf = BlockOf(blocks);
        var ends = new List<int>();
        int bridge = -1;                                                      // the earlier call that is read latest
        string? block = null;
        for (int i = 0; i < calls.Count - 1; i++)
        {
            bool isBridged = bridge >= 0 && readers[bridge] > i;
            if (!isBridged) ends.Add(i);
            block = BlockRead(calls[i]) ?? block;
            if (isBridged && BlockRead(calls[i + 1]) is { } next && block is not null && next != block)
                refusals.Add($"no boundary between '{block}' and '{next}': a {calls[bridge].Name} before it is read by a {calls[readers[bridge]].Name} behind it");
            if (bridge < 0 || readers[i] > readers[bridge]) bridge = i;
        }
        ends.Add(calls.Count - 1);
        return ends;

        string? BlockRead(TracedCall call)
        {
            foreach (Parameter parameter in call.Parameters)
            {
                if (blockOf.TryGetValue(parameter, out UnitGroup found)) return found.Path;
            }
            return null;
        }
    }

    /// <summary>The block of each parameter, the first one that uses it.</summary>
    private static Dictionary<Parameter, UnitGroup> BlockOf(IReadOnlyList<UnitGroup> blocks)
    {
        var blockOf = new Dictionary<Parameter, UnitGroup>(ReferenceEqualityComparer.Instance);
        foreach (UnitGroup block in blocks)
        {
            UnitGroup each = block with { Parameters = [.. block.Parameters.Distinct()] };
            foreach (Parameter parameter in each.Parameters) blockOf.TryAdd(parameter, each);
        }
        return blockOf;
    }

    private List<UnitGroup> Named(IReadOnlyList<UnitGroup> blocks, Dictionary<Parameter, List<NamedParameter>> names)
    {
        // A tied parameter is known in each segment by another of its names.
        var uses = new Dictionary<Parameter, int>(ReferenceEqualityComparer.Instance);
        string[][] paths = [.. segments.Select(segment => segment.Parameters.Distinct().Select(NextName).ToArray())];
        string[] common = [.. paths.Select(CommonPath)];
        Dictionary<string, int> within = common.SelectMany(WithAbove).CountBy(path => path).ToDictionary(StringComparer.Ordinal);
        Dictionary<Parameter, UnitGroup> blockOf = BlockOf(blocks);
        return [.. segments.Select((segment, i) => new UnitGroup(NameOf(segment, i), segment.Parameters))];

        string NextName(Parameter parameter)
        {
            int use = uses[parameter] = uses.GetValueOrDefault(parameter, -1) + 1;
            return names[parameter][Math.Min(use, names[parameter].Count - 1)].Path;
        }

        // A whole block has the block's name; two segments of one module are told apart by their first parameter's module.
        string NameOf(Segment segment, int i)
        {
            UnitGroup block = blockOf[segment.Parameters[0]];
            bool isFirstUse = paths[i][0] == names[segment.Parameters[0]][0].Path;
            if (isFirstUse && paths[i].Length == block.Parameters.Count && segment.Parameters.TrueForAll(parameter => blockOf[parameter] == block)) return block.Path;
            string path = common[i].Length == 0 || within[common[i]] > 1 ? Owner(paths[i][0]) : common[i];
            return path.Length == 0 ? "(own)" : path;
        }
    }

    private static IEnumerable<string> WithAbove(string path)
    {
        for (string above = path; above.Length > 0; above = Owner(above)) yield return above;
    }

    private static string CommonPath(string[] paths)
    {
        string[] common = Owner(paths[0]).Split('.');
        foreach (string path in paths)
        {
            string[] parts = Owner(path).Split('.');
            int same = 0;
            while (same < common.Length && same < parts.Length && common[same] == parts[same]) same++;
            common = common[..same];
        }
        return string.Join('.', common);
    }

    private static string Owner(string path) => path.Contains('.', StringComparison.Ordinal) ? path[..path.LastIndexOf('.')] : "";
}
