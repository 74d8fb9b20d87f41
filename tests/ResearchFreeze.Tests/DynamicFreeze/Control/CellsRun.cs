using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Four units whose gradients are all one.</summary>
internal sealed class CellsRun : IDisposable
{
    private readonly ReferenceDevice device = new();
    private readonly Cells model;

    public CellsRun(IFreezeRule rule, FreezeOptions options)
    {
        model = new Cells(device, [1, 2, 3], [1, 1], [1, 1], [1, 1]);
        Optimizer = new Sgd(model, new Constant(0.01f), momentum: 0.9f);
        Freeze = new FreezeController(model, Optimizer, new Watching(new GradientNorm()), rule, options: options);
    }

    public Sgd Optimizer { get; }

    public FreezeController Freeze { get; }

    public void Steps(int count)
    {
        for (int step = 0; step < count; step++)
        {
            model.Backward([1, 1, 1], [1, 1], [1, 1], [1, 1]);
            Freeze.Step();
        }
    }

    public void SaveAndLoad()
    {
        var state = new StateTree();
        Freeze.SaveState(state);
        Freeze.LoadState(state);
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
}
