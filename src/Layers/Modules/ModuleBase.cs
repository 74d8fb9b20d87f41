using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A node of the model's tree: parameters and children, registered by name in order, without reflection. Use <see cref="Module"/> or <see cref="Module{TIn}"/> as base.
/// </summary>
public abstract class ModuleBase : IDisposable
{
    private readonly List<Entry> parameters = [];
    private readonly List<ModuleBuffer> buffers = [];
    private readonly List<ModuleBase> children = [];
    private bool isTraining = true;

    private readonly record struct Entry(string Name, Parameter Parameter, Initializer? Initializer)
    {
        /// <summary>A parameter that another module made and this one uses too has no initializer here.</summary>
        public bool IsOwned => Initializer is not null;
    }

    /// <summary>The name under which the parent registered this module; empty for a root.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The module that registered this one.</summary>
    public ModuleBase? Parent { get; private set; }

    /// <summary>The names from the root to here, with dots between; empty for a root.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The children in the order of their registration.</summary>
    public IReadOnlyList<ModuleBase> Children => children;

    /// <summary>Whether the module behaves as in training (dropout draws, normalisation uses the batch). Independent of freezing.</summary>
    public bool IsTraining
    {
        get => isTraining;
        internal set => isTraining = value;
    }

    /// <summary>Whether there are parameters here or below and all of them are frozen. A module without any takes the answer of its unit.</summary>
    public bool IsFrozen => HasParameters ? !HasTrainable() : UnitModule?.IsFrozen ?? false;

    /// <summary>Whether there are parameters here or below.</summary>
    public bool HasParameters
    {
        get
        {
            if (parameters.Count > 0) return true;
            foreach (ModuleBase child in children)
            {
                if (child.HasParameters) return true;
            }
            return false;
        }
    }

    /// <summary>
    /// Whether the forward pass is the children one after another, in the order of their registration, and nothing else. A division into blocks looks at the children of such a module in its place; a container of one's
    /// own says so by overriding this.
    /// </summary>
    public virtual bool IsChain => false;

    /// <summary>
    /// Why a sample may get another output from this module although it is frozen and its weights and buffers stay, as in <c>drops at random</c>; null: it does not. A forward cache asks, and refuses. A module of one's own that draws
    /// numbers or looks at the whole batch while it is frozen says so here.
    /// </summary>
    public virtual string? WhyNotRepeatable => null;

    /// <summary>A module that is registered elsewhere and run here once more; null: there is none.</summary>
    internal virtual ModuleBase? Borrowed => null;

    /// <summary>The parameters that are registered here and not below; tied ones too.</summary>
    internal IEnumerable<Parameter> OwnParameters => parameters.Select(entry => entry.Parameter);

    /// <summary>Whether a division looks at the children in place of this module: a chain, and with parameters of its own it would not only chain.</summary>
    internal bool OnlyChains => IsChain && parameters.Count == 0;

    /// <summary>Whose answer a module without parameters takes: its parent's, or in a chain that of the neighbour whose unit it belongs to.</summary>
    internal ModuleBase? UnitModule { get; set; }

    /// <summary>Every parameter here and below once, in the order of registration, own ones first.</summary>
    public IEnumerable<Parameter> Parameters() => NamedParameters().Select(named => named.Parameter).Distinct(ReferenceEqualityComparer.Instance).Cast<Parameter>();

    /// <summary>Every use of a parameter here and below under its full name; a tied parameter appears once for each.</summary>
    public IEnumerable<NamedParameter> NamedParameters()
    {
        string path = Path;
        foreach (Entry entry in parameters) yield return new NamedParameter(Join(path, entry.Name), entry.Parameter);
        foreach (ModuleBase child in children)
        {
            foreach (NamedParameter named in child.NamedParameters()) yield return named;
        }
    }

    /// <summary>Every buffer here and below, in the order of registration, own ones first.</summary>
    public IEnumerable<ModuleBuffer> Buffers() => Modules().SelectMany(module => module.buffers);

    /// <summary>This module and all below, parents first.</summary>
    public IEnumerable<ModuleBase> Modules()
    {
        yield return this;
        foreach (ModuleBase child in children)
        {
            foreach (ModuleBase module in child.Modules()) yield return module;
        }
    }

    /// <summary>The same as <see cref="ModuleExtensions.Initialize"/>, for a module that starts itself in its constructor.</summary>
    protected void Initialize(Device device, ulong seed, bool overwrites = false) => InitializeOnce(device, seed, overwrites);

    /// <summary>What both do: where nothing is left to draw, it is an error. A loop over seeds that begins with this would go on with the weights of the seed before.</summary>
    internal void InitializeOnce(Device device, ulong seed, bool overwrites)
    {
        bool isDone = HasParameters && Parameters().All(parameter => parameter.IsMaterialized && parameter.Value.Device == device) && Buffers().All(buffer => buffer.IsMaterialized && buffer.Value.Device == device);
        if (isDone && !overwrites) throw new InvalidOperationException($"Initialize: every weight of {this} is there already; pass overwrites: true to draw them anew.");
        InitializeAll(device, seed, overwrites);
    }

    /// <summary>Draws what is not there, or all, and starts the random streams, whatever is there.</summary>
    internal void InitializeAll(Device device, ulong seed, bool overwrites)
    {
        foreach (ModuleBase module in Modules())
        {
            module.Seed(seed);
            foreach (Entry entry in module.parameters)
            {
                if (entry.Initializer is { } initializer) Initialize(entry.Parameter, initializer, device, seed, overwrites);
            }
            foreach (ModuleBuffer buffer in module.buffers)
            {
                if (overwrites) buffer.Start = null;
                else if (buffer.IsMaterialized && buffer.Value.Device == device) continue;
                else if (buffer.IsMaterialized) buffer.Start = buffer.Value.ToDoubles();
                buffer.Materialize(device);
            }
        }
    }

    /// <summary>Weights that are there stay, and move if they are on another device.</summary>
    private static void Initialize(Parameter parameter, Initializer initializer, Device device, ulong seed, bool overwrites)
    {
        if (overwrites) parameter.Start = null;
        else if (parameter.IsMaterialized)
        {
            if (parameter.Value.Device == device) return;
            parameter.Start = parameter.Value.ToDoubles();
        }
        if (parameter.Start is { } loaded)
        {
            parameter.Materialize(device);
            device.Upload(loaded, parameter.Value.Range);
            parameter.Start = null;
            return;
        }
        var values = new float[parameter.Shape.Count];
        initializer(new RandomStream(seed, parameter.Path), parameter.Shape, values);
        parameter.Materialize(device);
        device.Upload(values, parameter.Value.Range);
    }

    /// <summary>Training behaviour, here and below. Never undoes a freeze.</summary>
    public void Train() => SetTraining(true);

    /// <summary>Evaluation behaviour, here and below.</summary>
    public void Eval() => SetTraining(false);

    /// <summary>
    /// Evaluation behaviour, here and below, until the result is disposed: <c>using (model.EvalScope()) …</c>. Then every module has the mode it had, each its own: a norm that was in evaluation while the rest
    /// trained stays there.
    /// </summary>
    public ModuleModes EvalScope()
    {
        var modes = new ModuleModes(this);
        Eval();
        return modes;
    }

    /// <summary>Freezes everything here and below: from the next forward pass on, no gradient is computed, kept or applied. Idempotent.</summary>
    /// <exception cref="InvalidOperationException">There are no parameters, or one is tied to a parameter elsewhere.</exception>
    public void Freeze() => SetFrozen(true);

    /// <summary>The opposite of <see cref="Freeze()"/>.</summary>
    public void Unfreeze() => SetFrozen(false);

    /// <summary>Freezes the parameters that the predicate picks, and returns how many: <c>model.Freeze(p => p.Path.StartsWith("stem.", StringComparison.Ordinal))</c>.</summary>
    /// <exception cref="ArgumentException">None matches.</exception>
    /// <exception cref="InvalidOperationException">A tied parameter is picked under one of its names and not under another.</exception>
    public int Freeze(Func<NamedParameter, bool> predicate) => SetFrozen(predicate, true);

    /// <summary>The opposite of <see cref="Freeze(Func{NamedParameter, bool})"/>.</summary>
    public int Unfreeze(Func<NamedParameter, bool> predicate) => SetFrozen(predicate, false);

    /// <summary>Drops every gradient here and below.</summary>
    public void ClearGradients()
    {
        foreach (Entry entry in parameters) entry.Parameter.ClearGrad();
        foreach (ModuleBase child in children) child.ClearGradients();
    }

    /// <summary>Releases what a module keeps on the device that is no state: it is made anew when it is wanted.</summary>
    private protected virtual void Release()
    {
    }

    /// <summary>Releases the parameters and buffers here and below.</summary>
    public void Dispose()
    {
        foreach (Entry entry in parameters)
        {
            if (entry.IsOwned) entry.Parameter.Dispose();
        }
        foreach (ModuleBuffer buffer in buffers) buffer.Dispose();
        Release();
        foreach (ModuleBase child in children) child.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A table of the blocks: path, what it is, parameters, whether it is frozen.</summary>
    public string Summary() => ModuleSummary.Of(this);

    /// <summary>Registers a parameter of this module: <c>Register(nameof(weight), shape, initializer)</c>; the name's first letter becomes small.</summary>
    protected Parameter Register(string name, Shape shape, Initializer initializer)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        string local = LocalName(name);
        var parameter = new Parameter(local, shape);
        parameters.Add(new Entry(local, parameter, initializer));
        parameter.Path = Join(Path, local);
        return parameter;
    }

    /// <summary>Uses a parameter of another module here too: tied weights.</summary>
    protected Parameter Register(string name, Parameter tied)
    {
        ArgumentNullException.ThrowIfNull(tied);
        parameters.Add(new Entry(LocalName(name), tied, null));
        return tied;
    }

    /// <summary>Registers a buffer of this module that starts at one value everywhere.</summary>
    protected ModuleBuffer RegisterBuffer(string name, Shape shape, float start)
    {
        string local = LocalName(name);
        var buffer = new ModuleBuffer(local, shape, start);
        buffers.Add(buffer);
        buffer.Path = Join(Path, local);
        return buffer;
    }

    /// <summary>Registers a child module and returns it.</summary>
    protected T Register<T>(string name, T child)
        where T : ModuleBase
    {
        ArgumentNullException.ThrowIfNull(child);
        if (child.Parent is not null) throw new ArgumentException($"Module '{name}' is registered already, as '{child.Path}'.");
        child.Name = LocalName(name);
        child.Parent = this;
        child.UnitModule ??= this;
        children.Add(child);
        child.Rename();
        return child;
    }

    /// <summary>Called with the run's seed by <see cref="ModuleExtensions.Initialize"/>; modules that draw random numbers start their stream here.</summary>
    protected virtual void Seed(ulong seed)
    {
    }

    /// <summary>Dropout asks in every step: loops allocate nothing.</summary>
    private bool HasTrainable()
    {
        foreach (Entry entry in parameters)
        {
            if (!entry.Parameter.IsFrozen) return true;
        }
        foreach (ModuleBase child in children)
        {
            if (child.HasTrainable()) return true;
        }
        return false;
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private string LocalName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Contains('.', StringComparison.Ordinal)) throw new ArgumentException($"Module '{Path}': a name must not contain a dot, found '{name}'.");
        string local = char.ToLowerInvariant(name[0]) + name[1..];
        bool taken = parameters.Exists(entry => entry.Name == local) || buffers.Exists(buffer => buffer.Name == local)
            || children.Exists(child => child.Name == local);
        if (taken) throw new ArgumentException($"Module '{Path}': the name '{local}' is registered twice.");
        return local;
    }

    /// <summary>A module was registered: it and all below have another path.</summary>
    private void Rename()
    {
        Path = Parent is null ? Name : Join(Parent.Path, Name);
        foreach (Entry entry in parameters)
        {
            if (entry.IsOwned) entry.Parameter.Path = Join(Path, entry.Name);
        }
        foreach (ModuleBuffer buffer in buffers) buffer.Path = Join(Path, buffer.Name);
        foreach (ModuleBase child in children) child.Rename();
    }

    private void SetTraining(bool training)
    {
        isTraining = training;
        foreach (ModuleBase child in children) child.SetTraining(training);
    }

    private void SetFrozen(bool frozen)
    {
        if (!HasParameters) throw new InvalidOperationException($"{(frozen ? "Freeze" : "Unfreeze")}: module '{Path}' ({this}) has no parameters.");
        var mine = new HashSet<string>(NamedParameters().Select(named => named.Path));
        Root().SetFrozen(named => mine.Contains(named.Path), frozen);
    }

    private ModuleBase Root() => Parent?.Root() ?? this;

    private int SetFrozen(Func<NamedParameter, bool> predicate, bool frozen)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        string verb = frozen ? "Freeze" : "Unfreeze";
        var picked = new Dictionary<Parameter, string>(ReferenceEqualityComparer.Instance);
        var left = new Dictionary<Parameter, string>(ReferenceEqualityComparer.Instance);
        foreach (NamedParameter named in NamedParameters()) (predicate(named) ? picked : left).TryAdd(named.Parameter, named.Path);
        if (picked.Count == 0)
            throw new ArgumentException($"{verb}: the predicate matches none of the {left.Count} parameters ({string.Join(", ", left.Values.Take(8))}{(left.Count > 8 ? ", …" : "")}).");
        foreach ((Parameter parameter, string path) in picked)
        {
            if (left.TryGetValue(parameter, out string? other))
                throw new InvalidOperationException($"{verb}: '{path}' and '{other}' are one tied parameter and must share a fate; the request names only the first.");
        }
        foreach (Parameter parameter in picked.Keys) parameter.IsFrozen = frozen;
        return picked.Count;
    }
}
