using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A chain of named modules. Its blocks are the units of freezing: each child with parameters starts one, a child without joins the one before it (at the front: the first one). A chain inside is no block, its
/// children are.
/// </summary>
public sealed class Sequential : Module, IStaged, IObservedChain
{
    private readonly Module[] chain;
    private Module[]? stages;

    /// <summary>A chain of named modules: <c>new Sequential(("stem", new Linear(784, 256)), ("head", new Linear(256, 10)))</c>.</summary>
    public Sequential(params ReadOnlySpan<(string Name, Module Module)> modules)
    {
        chain = new Module[modules.Length];
        for (int i = 0; i < modules.Length; i++) chain[i] = Register(modules[i].Name, modules[i].Module);
        ModuleBase? unit = Array.Find(chain, module => module.HasParameters) is { } first ? FirstBlock(first) : null;
        foreach (Module module in chain)
        {
            if (module.HasParameters) unit = LastBlock(module);
            // In a chain without any parameters it stays with the chain, which takes its own neighbour's answer.
            else if (unit is not null) module.UnitModule = unit;
        }
    }

    /// <inheritdoc/>
    public override bool IsChain => true;

    /// <summary>
    /// Told each module and its output while the chain runs, in order, the modules of a chain inside before that chain; null: nobody watches. The output belongs to the chain: read it at once, or take a new handle.
    /// </summary>
    public Action<Module, Tensor>? OutputObserver { get; set; }

    /// <inheritdoc/>
    IEnumerable<ModuleBase> IObservedChain.ObservedModules => Observed();

    /// <summary>The number of modules.</summary>
    public int Count => chain.Length;

    /// <summary>A module by its place.</summary>
    public Module this[int index] => chain[index];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => ForwardRange(input, 0, chain.Length);

    /// <summary>Runs the modules from <paramref name="first"/> (inclusive) to <paramref name="end"/> (exclusive) only.</summary>
    public Tensor ForwardRange(Tensor input, int first, int end)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (first < 0 || end > chain.Length || first > end)
            throw new ArgumentOutOfRangeException(nameof(first), $"Sequential: modules {first} to {end} of {chain.Length}.");
        return Run(input, first, end, OutputObserver);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ModuleBase> Stages => Leaves;

    /// <inheritdoc/>
    public Tensor ForwardStages(Batch batch, Tensor? input, int first, int end)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Tensor start = input ?? batch.Inputs, x = start;
        for (int i = first; i < end; i++)
        {
            Tensor y = Leaves[i].Forward(x);
            // Only handles that a child made are the chain's to dispose.
            if (!ReferenceEquals(x, start)) x.Dispose();
            x = y;
        }
        // No stage was run, or one that gives its input back: what is given is disposed, and the input is not.
        return ReferenceEquals(x, start) ? start.Reshape(start.Shape) : x;
    }

    /// <inheritdoc/>
    bool IObservedChain.IsObserved => OutputObserver is not null;

    /// <inheritdoc/>
    IDisposable IObservedChain.Observe(Action<ModuleBase, Tensor> output)
    {
        var end = new EndOfObservation(this, OutputObserver);
        OutputObserver = output;
        return end;
    }

    /// <summary>For example <c>Sequential(4)</c>.</summary>
    public override string ToString() => $"Sequential({chain.Length})";

    /// <summary>The modules in the order in which <see cref="OutputObserver"/> is told of them.</summary>
    internal IEnumerable<Module> Observed()
    {
        foreach (Module module in chain)
        {
            if (module is Sequential inner)
            {
                foreach (Module each in inner.Observed()) yield return each;
            }
            yield return module;
        }
    }

    /// <summary>The modules, those of chains inside in their places.</summary>
    private Module[] Leaves => stages ??= [.. chain.SelectMany(module => module is Sequential inner ? inner.Leaves : [module])];

    private static ModuleBase FirstBlock(ModuleBase module) => module.OnlyChains ? FirstBlock(module.Children.First(child => child.HasParameters)) : module;

    private static ModuleBase LastBlock(ModuleBase module) => module.OnlyChains ? LastBlock(module.Children.Last(child => child.HasParameters)) : module;

    private Tensor Run(Tensor input, int first, int end, Action<Module, Tensor>? observer)
    {
        if (first == end) return input.Reshape(input.Shape);
        Tensor x = input;
        for (int i = first; i < end; i++)
        {
            Tensor y = observer is not null && chain[i] is Sequential inner ? inner.Run(x, 0, inner.Count, observer + inner.OutputObserver) : chain[i].Forward(x);
            // Only handles that a child made are the chain's to dispose.
            if (!ReferenceEquals(x, input)) x.Dispose();
            x = y;
            if (observer is null) continue;
            x.Device.Recorder?.Refuse("an output observer is called within the step");
            observer(chain[i], x);
        }
        return x;
    }

    private sealed class EndOfObservation(Sequential chain, Action<Module, Tensor>? before) : IDisposable
    {
        public void Dispose() => chain.OutputObserver = before;
    }
}
