using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a probe found of a unit: the gradient it would have received.</summary>
/// <param name="Step">Steps taken when it was made.</param>
/// <param name="GradientNorm">‖g‖₂ on the probe batch.</param>
/// <param name="AtFreeze">The same when the unit was frozen (at the last probe before, or the first after); NaN for a unit that trains.</param>
public sealed record ProbeReading(int Step, double GradientNorm, double AtFreeze)
{
    /// <summary>How many times larger the gradient is than when the unit was frozen: its debt; NaN where it is not known.</summary>
    public double Debt => AtFreeze > 0 ? GradientNorm / AtFreeze : double.NaN;
}

/// <summary>Looks at the model on the probe batch: nothing that training depends on is changed.</summary>
internal sealed class Probes : IDisposable
{
    private readonly ModuleBase model;
    private readonly IReadOnlyList<FreezeUnit> units;
    private readonly ProbeBatch batch;
    private readonly Reads reads;
    private TensorCopy? reference;
    private readonly int referenceEvery;
    private readonly Tensor?[] outputs;
    private readonly Tensor?[] referenceOutputs;
    private readonly TensorCopy buffers;
    private int watches;

    public Probes(ModuleBase model, IReadOnlyList<FreezeUnit> units, ProbeBatch batch, Reads reads, int referenceEvery)
    {
        this.model = model;
        this.units = units;
        this.batch = batch;
        this.referenceEvery = referenceEvery;
        this.reads = reads;
        outputs = new Tensor?[units.Count];
        referenceOutputs = new Tensor?[units.Count];
        buffers = new TensorCopy(model.Buffers().Select(buffer => buffer.Value));
        if (!ReferenceEquals(batch.Model, model)) throw new ArgumentException("Freezing: the probe batch was made for another model.");
        if ((reads & (Reads.Output | Reads.ReferenceModel)) == 0) return;
        CheckOutputs();
        if ((reads & Reads.ReferenceModel) == 0 || batch.Reference is null) return;
        if (model is not Sequential) throw new ArgumentException($"Freezing: a reference model of one's own is a chain, and the model is {model}.");
        int found = batch.Reference.Observed().Count(), expected = ((Sequential)model).Observed().Count();
        if (found != expected) throw new ArgumentException($"Freezing: the reference model is a chain of {found} modules, the model of {expected}.");
    }

    /// <summary>Remembers the model as it is, where outputs are compared with an earlier state of it.</summary>
    public void Start()
    {
        if ((reads & Reads.ReferenceModel) == 0 || batch.Reference is not null) return;
        reference = TensorCopy.Of(model);
        reference.Take();
    }

    public void Save(StateTree state)
    {
        state.Set("watches", watches);
        reference?.Save(state.Branch("reference"));
    }

    public Action Read(StateTree state)
    {
        int seen = state.Int32("watches");
        Action? copy = reference?.Read(state.Branch("reference"));
        return () =>
        {
            watches = seen;
            copy?.Invoke();
        };
    }

    /// <summary>The units' outputs now, and of the reference where one is read. They live until the next call of <see cref="Forget"/>.</summary>
    public void Watch(bool withReference)
    {
        Collect(model, outputs);
        if (!withReference) return;
        if (batch.Reference is { } other)
        {
            Collect(other, referenceOutputs);
            return;
        }
        reference!.Swap();
        try
        {
            Collect(model, referenceOutputs);
        }
        finally
        {
            reference.Swap();
        }
        watches++;
        if (referenceEvery > 0 && watches % referenceEvery == 0) reference.Take();
    }

    public void Show(UnitState[] states)
    {
        foreach (UnitState state in states) (state.Memory.ProbeOutput, state.Memory.ProbeReference) = (outputs[state.Unit.Index], referenceOutputs[state.Unit.Index]);
    }

    public void Forget(UnitState[] states)
    {
        foreach (UnitState state in states) (state.Memory.ProbeOutput, state.Memory.ProbeReference) = (null, null);
        foreach (Tensor?[] kept in (ReadOnlySpan<Tensor?[]>)[outputs, referenceOutputs])
        {
            foreach (Tensor? output in kept) output?.Dispose();
            Array.Clear(kept);
        }
    }

    public TrialStep Try(Optimizer optimizer) => new(model, optimizer, batch, units);

    /// <summary>
    /// The gradient norm of every unit on the probe batch, frozen ones too, in their frozen modes; dropout is off. Neither optimizer nor buffers nor random streams are touched. Waits for the device once.
    /// </summary>
    public double[] GradientNorms(NormQueue queue)
    {
        Device device = units[0].Parameters[0].Value.Device;
        // What the user keeps frozen can't be thawed: what it would have received is nobody's question.
        var kept = new HashSet<Parameter>(units.SelectMany(unit => unit.Parameters.Where((_, i) => unit.IsPinnedFrozen(i))), ReferenceEqualityComparer.Instance);
        using var scope = new Scope();
        buffers.Take();
        try
        {
            using (GradMode.Override(parameter => !parameter.IsFrozen || !kept.Contains(parameter))) batch.Loss().Backward();
            using Tensor squares = Tensor.Zeros(device, [units.Count]);
            queue.Clear();
            foreach (FreezeUnit unit in units)
            {
                foreach (Parameter parameter in unit.Parameters)
                {
                    if (parameter.Grad is { } gradient) queue.Add(NormKind.SquaredL2, gradient.Range, gradient.Range, squares.Range.Slice(unit.Index, 1), 1, unit.Number);
                }
            }
            queue.Run(device);
            var norms = new double[units.Count];
            squares.CopyTo(norms);
            for (int i = 0; i < norms.Length; i++) norms[i] = Math.Sqrt(norms[i]);
            return norms;
        }
        finally
        {
            model.ClearGradients();
            buffers.Restore();
        }
    }

    public void Dispose()
    {
        reference?.Dispose();
        buffers.Dispose();
    }

    private void Collect(ModuleBase watched, Tensor?[] into) => batch.Watch(watched, (index, output) =>
    {
        foreach (FreezeUnit unit in units)
        {
            if (unit.LastBlock != index) continue;
            into[unit.Index] = output.Reshape(output.Shape);
            into[unit.Index]!.Detach();
        }
    });

    private void CheckOutputs()
    {
        if (!batch.CanWatch(model)) throw new ArgumentException($"Freezing: outputs are observed at the blocks of a Sequential, or between the stages of an IStaged on a Batch, and the model is {model}.");
        foreach (IGrouping<int, FreezeUnit> shared in units.GroupBy(unit => unit.LastBlock).Where(group => group.Count() > 1))
            throw new ArgumentException($"Freezing: '{shared.First().Path}' and '{shared.Last().Path}' are parts of one block and have no outputs of their own; statistics that read outputs need units that are whole blocks.");
    }
}
