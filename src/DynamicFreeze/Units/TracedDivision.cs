using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Units found in the graph of a forward pass: a boundary is where everything behind depends on everything before through one tensor alone (an articulation point), so that freezing all before it
/// ends the backward pass there. A residual block has none inside and stays whole. A segment without a weight of two or more axes (a normalisation, a scale) joins the one before it. A boundary that a
/// tied parameter crosses is refused.
/// </summary>
public sealed class TracedDivision : UnitDivision
{
    private readonly Func<Tensor> forward;
    private readonly List<string> refusals = [];

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
        int[] ends = Boundaries(model, calls, names);
        var segments = new List<List<Parameter>>();
        int start = 0;
        var seen = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
        foreach (int end in ends)
        {
            List<Parameter> parameters = [.. calls.Skip(start).Take(end - start + 1).SelectMany(call => call.Parameters).Where(names.ContainsKey).Where(seen.Add)];
            start = end + 1;
            // What has no matrix of its own joins what is before it; at the front, what comes next joins it.
            bool joins = segments.Count > 0 && (!parameters.Any(parameter => parameter.Shape.Rank >= 2) || !segments[^1].Any(parameter => parameter.Shape.Rank >= 2));
            if (joins) segments[^1].AddRange(parameters);
            else if (parameters.Count > 0) segments.Add(parameters);
        }
        return Named(model, segments, names);
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
    private int[] Boundaries(ModuleBase model, IReadOnlyList<TracedCall> calls, Dictionary<Parameter, List<NamedParameter>> names)
    {
        refusals.Clear();
        var readers = new int[calls.Count];                                   // the last call that reads each
        var lastUse = new Dictionary<Parameter, int>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < calls.Count; i++)
        {
            foreach (int producer in calls[i].Producers) readers[producer] = i;
            foreach (Parameter parameter in calls[i].Parameters) lastUse[parameter] = i;
        }
        var blockOf = new Dictionary<Parameter, ModuleBase>(ReferenceEqualityComparer.Instance);
        foreach (ModuleBase child in model.Children)
        {
            foreach (Parameter parameter in child.Parameters()) blockOf.TryAdd(parameter, child);
        }
        var ends = new List<int>();
        int bridge = -1;                                                      // the earlier call that is read latest
        var open = new List<Parameter>();
        ModuleBase? block = null;
        for (int i = 0; i < calls.Count - 1; i++)
        {
            open.AddRange(calls[i].Parameters);
            open.RemoveAll(parameter => lastUse[parameter] <= i);
            bool isBridged = bridge >= 0 && readers[bridge] > i;
            if (!isBridged && open.Count == 0) ends.Add(i);
            block = BlockOf(calls[i]) ?? block;
            if (BlockOf(calls[i + 1]) is { } next && block is not null && next != block && (isBridged || open.Count > 0))
            {
                refusals.Add(open.Count > 0
                    ? $"no boundary between '{block.Path}' and '{next.Path}': '{names[open[0]][0].Path}' is used on both sides"
                    : $"no boundary between '{block.Path}' and '{next.Path}': a {calls[bridge].Name} before it is read by a {calls[readers[bridge]].Name} behind it");
            }
            if (bridge < 0 || readers[i] > readers[bridge]) bridge = i;
        }
        ends.Add(calls.Count - 1);
        return [.. ends];

        ModuleBase? BlockOf(TracedCall call)
        {
            foreach (Parameter parameter in call.Parameters)
            {
                if (blockOf.TryGetValue(parameter, out ModuleBase? found)) return found;
            }
            return null;
        }
    }

    private static List<UnitGroup> Named(ModuleBase model, List<List<Parameter>> segments, Dictionary<Parameter, List<NamedParameter>> names)
    {
        string[] common = [.. segments.Select(segment => CommonPath([.. segment.Select(parameter => names[parameter][0].Path)]))];
        var groups = new List<UnitGroup>();
        for (int i = 0; i < segments.Count; i++)
        {
            // A whole block has the block's name; two segments of one module are told apart by their first parameter's module.
            ModuleBase? block = model.Children.FirstOrDefault(child => child.Parameters().ToHashSet<Parameter>(ReferenceEqualityComparer.Instance).SetEquals(segments[i]));
            string first = Owner(names[segments[i][0]][0].Path);
            string path = common[i].Length == 0 || common.Count(name => $"{name}.".StartsWith($"{common[i]}.", StringComparison.Ordinal)) > 1 ? first : common[i];
            groups.Add(new UnitGroup(block?.Path ?? (path.Length == 0 ? "(own)" : path), [.. segments[i].SelectMany(parameter => names[parameter])]));
        }
        return groups;
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
