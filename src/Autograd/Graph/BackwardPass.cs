namespace ResearchFreeze.Autograd;

/// <summary>
/// One sweep from a result back to the parameters: iterative, so depth does not matter, and re-entrant, so a function may run a nested pass. A node runs when all that read its
/// output have contributed; what it kept is released as soon as it is done.
/// </summary>
internal sealed class BackwardPass
{
    private readonly Stack<Node> work = new();
    private readonly List<Node> visited = [];
    private readonly Dictionary<Parameter, int> uses = [];

    /// <summary>Whether work counts as input or weight gradient, or as what the caller is doing (a probe).</summary>
    public bool CountsByKind { get; private set; }

    /// <summary>Runs the pass; dy null stands for ones.</summary>
    public static void Run(Tensor root, Tensor? dy, IGradientSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Node node = root.Node ?? throw new NothingToTrainException(
            $"Backward: no trainable parameter takes part in {root}; every parameter it depends on is frozen, or gradients were disabled.");
        if (node.IsConsumed) throw new InvalidOperationException($"Backward: the graph of {root} was used up by an earlier backward pass.");
        if (dy is null && root.Shape.Count != 1) throw new ShapeException($"Backward: {root} is no scalar; give the output gradient.");
        if (dy is not null && dy.Shape != root.Shape) throw new ShapeException($"Backward: output gradient {dy.Shape} for a result of shape {root.Shape}.");

        Device device = root.Device;
        DeviceCounters counters = device.Counters;
        CostKind kind = counters.Kind;
        using CostScope booking = counters.For(kind, counters.Unit > 0 ? counters.Unit : root.Unit);
        BackwardPass pass = device.Nodes.RentPass();
        pass.CountsByKind = kind is CostKind.Forward or CostKind.InputGradient or CostKind.WeightGradient;
        try
        {
            pass.Discover(node);
            if (dy is not null) node.OutputGradient.Pass(device, dy, root.Shape);
            else device.Fill(node.OutputGradient.Open(device, root.Shape, out _), 1);
            pass.Sweep(node, sink);
        }
        finally
        {
            pass.Finish();
            device.Nodes.Return(pass);
            device.Running = default;
        }
        device.ScopeWatch.BackwardDone(device);
    }

    /// <summary>Finds every node on the way to a parameter and counts who reads it.</summary>
    private void Discover(Node root)
    {
        var visitor = new Discovery(this);
        Enter(root);
        while (work.TryPop(out Node? node)) node.Visit(ref visitor);
    }

    private void Enter(Node node)
    {
        if (node.IsConsumed) throw new InvalidOperationException("Backward: a part of the graph was used up by an earlier backward pass.");
        node.Pass = this;
        node.Pending = 0;
        node.AddReference();
        visited.Add(node);
        work.Push(node);
    }

    private void Sweep(Node root, IGradientSink sink)
    {
        var visitor = new Completion(this, sink);
        work.Push(root);
        while (work.TryPop(out Node? node))
        {
            node.Run(sink);
            node.Visit(ref visitor);
            node.Finish();
        }
    }

    /// <summary>Releases the pass's references, and after a failure also what the nodes that did not run keep.</summary>
    private void Finish()
    {
        foreach (Node node in visited)
        {
            if (!node.IsConsumed) node.Finish();
        }
        foreach (Node node in visited) node.Release();
        visited.Clear();
        work.Clear();
        uses.Clear();
    }

    private readonly struct Discovery(BackwardPass pass) : IEdgeVisitor
    {
        public void Producer(Node node)
        {
            if (node.Pass != pass) pass.Enter(node);
            node.Pending++;
        }

        public void Leaf(Parameter parameter) => pass.uses[parameter] = pass.uses.GetValueOrDefault(parameter) + 1;
    }

    private readonly struct Completion(BackwardPass pass, IGradientSink sink) : IEdgeVisitor
    {
        public void Producer(Node node)
        {
            if (--node.Pending == 0) pass.work.Push(node);
        }

        public void Leaf(Parameter parameter)
        {
            if (--pass.uses[parameter] > 0) return;
            sink.GradientReady(parameter);
            if (parameter.IsGone) parameter.ClearGrad();
        }
    }
}
