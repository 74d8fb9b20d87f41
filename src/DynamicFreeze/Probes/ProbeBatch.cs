using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A fixed batch on which the controller looks at the model: outputs of units, trial steps, probes of frozen units. Training data, never test data.</summary>
public sealed class ProbeBatch : IDisposable
{
    /// <summary>What statistics cannot read without a probe batch.</summary>
    public const Reads Serves = Reads.Output | Reads.ProbeBatch | Reads.ReferenceModel | Reads.TrialStep;

    private readonly Func<Tensor> forward;
    private readonly Tensor? inputs;       // where a reference model may be given
    private readonly Batch? batch;         // where the model may be run in stages
    private readonly Func<Tensor, Tensor> loss;
    private readonly IDisposable[] held;

    /// <summary>A probe batch; it takes the tensors over.</summary>
    /// <param name="model">The model that trains.</param>
    /// <param name="inputs">Samples first.</param>
    /// <param name="labels">One class a sample; the loss is the mean cross entropy.</param>
    /// <param name="reference">Another model with the same blocks that outputs are compared with; null: an earlier state of the same model (<see cref="FreezeOptions.ReferenceEvery"/>).</param>
    public ProbeBatch(Module model, Tensor inputs, IntTensor labels, Sequential? reference = null)
        : this(model, inputs, output => Layers.Loss.CrossEntropy(output, labels), reference)
    {
        ArgumentNullException.ThrowIfNull(labels);
        labels.Detach();
        held = [.. held, labels];
    }

    /// <summary>A probe batch with a loss of one's own; it takes the inputs over.</summary>
    /// <param name="model">The model that trains.</param>
    /// <param name="inputs">Samples first.</param>
    /// <param name="loss">From the model's output to a scalar.</param>
    /// <param name="reference">See the other constructor.</param>
    public ProbeBatch(Module model, Tensor inputs, Func<Tensor, Tensor> loss, Sequential? reference = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(loss);
        Model = model;
        Reference = reference;
        this.loss = loss;
        this.inputs = inputs;
        forward = () => model.Forward(inputs);
        held = [inputs];
        inputs.Detach();
    }

    /// <summary>A probe batch of a model with any input; it takes the batch's tensors over.</summary>
    /// <param name="model">The model that trains.</param>
    /// <param name="batch">The samples.</param>
    /// <param name="forward">From the batch to the model's output.</param>
    /// <param name="loss">From the model's output to a scalar.</param>
    public ProbeBatch(ModuleBase model, Batch batch, Func<Batch, Tensor> forward, Func<Tensor, Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(loss);
        Model = model;
        this.batch = batch;
        this.loss = loss;
        this.forward = () => forward(batch);
        held = [.. batch.Tensors];
        foreach (TensorBase tensor in batch.Tensors) tensor.Detach();
    }

    internal ModuleBase Model { get; }

    internal Sequential? Reference { get; }

    /// <summary>Releases the batch.</summary>
    public void Dispose()
    {
        foreach (IDisposable tensor in held) tensor.Dispose();
    }

    internal Tensor Loss()
    {
        using Tensor output = forward();
        return loss(output);
    }

    /// <summary>Whether the outputs within a model can be watched on this batch.</summary>
    internal bool CanWatch(ModuleBase model) => model is Sequential || (model is IStaged && batch is not null);

    /// <summary>Runs a chain and hands the output of each module, by its place in <see cref="Sequential.Observed"/>, or of each stage, to the caller; runs forward only and as in evaluation, so that neither noise nor the batch decides.</summary>
    internal void Watch(ModuleBase model, Action<int, Tensor> output)
    {
        ModuleBase[] training = [.. model.Modules().Where(module => module.IsTraining)];
        model.Eval();
        try
        {
            using GradMode.Restore mode = GradMode.Disable();
            if (model is Sequential chain) WatchChain(chain, output);
            else WatchStages((IStaged)model, output);
        }
        finally
        {
            // One by one: the user may have put a part of the model into evaluation.
            foreach (ModuleBase module in training) module.IsTraining = true;
        }
    }

    private void WatchChain(Sequential chain, Action<int, Tensor> output)
    {
        Action<Module, Tensor>? observer = chain.OutputObserver;
        int place = 0;
        chain.OutputObserver = (_, tensor) => output(place++, tensor);
        try
        {
            (ReferenceEquals(chain, Model) ? forward() : chain.Forward(inputs!)).Dispose();
        }
        finally
        {
            chain.OutputObserver = observer;
        }
    }

    private void WatchStages(IStaged staged, Action<int, Tensor> output)
    {
        Tensor? last = null;
        try
        {
            for (int stage = 0; stage < staged.Stages.Count; stage++)
            {
                Tensor next = staged.ForwardStages(batch!, last, stage, stage + 1);
                last?.Dispose();
                last = next;
                output(stage, next);
            }
        }
        finally
        {
            last?.Dispose();
        }
    }
}
