namespace ResearchFreeze.Autograd;

/// <summary>One recorded call of an operation.</summary>
/// <param name="Name">The operation's name.</param>
/// <param name="Producers">The calls whose results it read and through which gradients flow, as places in the trace.</param>
/// <param name="Parameters">The parameters it read.</param>
public sealed record TracedCall(string Name, IReadOnlyList<int> Producers, IReadOnlyList<Parameter> Parameters);

/// <summary>
/// The graph that was recorded for a tensor, as a list in which every call stands behind the calls it reads. Only what gradients flow through is recorded: trace with <see cref="GradMode.Override"/> to see
/// frozen parameters too.
/// </summary>
public static class GraphTrace
{
    /// <summary>The calls behind a tensor, its own last; empty where nothing was recorded.</summary>
    public static IReadOnlyList<TracedCall> Of(Tensor result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var calls = new List<TracedCall>();
        var places = new Dictionary<Node, int>(ReferenceEqualityComparer.Instance);
        var work = new Stack<(Node Node, Reads Inputs, int Next)>();
        if (result.Node is { } root) work.Push((root, Reads.Of(root), 0));
        // Depth first without recursion: a node is listed when all that it reads is.
        while (work.TryPop(out (Node Node, Reads Inputs, int Next) top))
        {
            if (places.ContainsKey(top.Node)) continue;
            if (top.Next < top.Inputs.Producers.Count)
            {
                work.Push(top with { Next = top.Next + 1 });
                Node producer = top.Inputs.Producers[top.Next];
                if (!places.ContainsKey(producer)) work.Push((producer, Reads.Of(producer), 0));
                continue;
            }
            places.Add(top.Node, calls.Count);
            calls.Add(new TracedCall(top.Node.Function!.Name, [.. top.Inputs.Producers.Select(producer => places[producer])], top.Inputs.Leaves));
        }
        return calls;
    }

    private readonly struct Reads : IEdgeVisitor
    {
        private Reads(List<Node> producers, List<Parameter> leaves)
        {
            Producers = producers;
            Leaves = leaves;
        }

        public List<Node> Producers { get; }

        public List<Parameter> Leaves { get; }

        public static Reads Of(Node node)
        {
            var reads = new Reads([], []);
            node.Visit(ref reads);
            return reads;
        }

        public void Producer(Node node) => Producers.Add(node);

        public void Leaf(Parameter parameter) => Leaves.Add(parameter);
    }
}
