using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Four units whose gradients are all one.</summary>
internal sealed class CellsRun : IDisposable
{
    private readonly ReferenceDevice device = new();
    private readonly IFreezeRule rule;
    private readonly FreezeOptions options;
    private readonly Cells model;

    public CellsRun(IFreezeRule rule, FreezeOptions options)
    {
        (this.rule, this.options) = (rule, options);
        model = new Cells(device, [1, 2, 3], [1, 1], [1, 1], [1, 1]);
        Optimizer = new Sgd(model, new Constant(0.01f), momentum: 0.9f);
        Freeze = Controller();
    }

    public Sgd Optimizer { get; private set; }

    public FreezeController Freeze { get; private set; }

    public void Steps(int count)
    {
        for (int step = 0; step < count; step++)
        {
            model.Backward([1, 1, 1], [1, 1], [1, 1], [1, 1]);
            Freeze.Step();
        }
    }

    /// <summary>Goes on with a new optimizer and a new controller, and with flags as a new model has them: what is not restored is lost.</summary>
    public void SaveAndLoad()
    {
        var state = new StateTree();
        Optimizer.SaveState(state.Branch("optimizer"));
        Freeze.SaveState(state.Branch("freeze"));
        Freeze.Dispose();
        Optimizer.Dispose();
        foreach (Parameter parameter in model.Parameters()) (parameter.IsFrozen, parameter.UpdateMask) = (false, null);
        Optimizer = new Sgd(model, new Constant(0.01f), momentum: 0.9f);
        Freeze = Controller();
        Optimizer.LoadState(state.Branch("optimizer"));
        Freeze.LoadState(state.Branch("freeze"));
    }

    public double[] Weights() => [.. model.Parameters().SelectMany(Networks.Bits)];

    public string[] Log() => [.. Freeze.Decisions.Select(entry => $"{entry.Step} {entry.Action.ToString().ToLowerInvariant()} {entry.Trigger}")];

    public void Dispose()
    {
        Freeze.Dispose();
        Optimizer.Dispose();
        model.Dispose();
        device.Dispose();
    }

    private FreezeController Controller() => new(model, Optimizer, new Watching(new GradientNorm()), rule, options: options);
}
