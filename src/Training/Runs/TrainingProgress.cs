using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Where a run is, between two steps. Batches are a function of (seed, epoch, index), so a position in the data is two numbers.</summary>
internal sealed class TrainingProgress
{
    /// <summary>The epoch, from 1.</summary>
    public int Epoch { get; private set; } = 1;

    /// <summary>Batches of the epoch that were used.</summary>
    public int Batch { get; set; }

    /// <summary>Epochs that were finished.</summary>
    public int Finished { get; private set; }

    /// <summary>The sum over samples, or over tokens, of the losses that were read in the epoch.</summary>
    public double LossSum { get; private set; }

    /// <summary>How many samples or tokens these are.</summary>
    public long Losses { get; private set; }

    /// <summary>The mean loss of the last epoch that was finished.</summary>
    public double EpochLoss { get; private set; } = double.NaN;

    /// <summary>The best value of the primary metric on validation data; NaN: none yet.</summary>
    public double BestValidation { get; set; } = double.NaN;

    /// <summary>The mean loss of the epoch so far; NaN where none was read.</summary>
    public double MeanLoss => Losses == 0 ? double.NaN : LossSum / Losses;

    public void AddLoss(double loss, long count)
    {
        LossSum += loss * count;
        Losses += count;
    }

    /// <summary>The epoch's last step was taken, and validation measured.</summary>
    public void EndEpoch()
    {
        (EpochLoss, Finished) = (MeanLoss, Epoch);
        (Epoch, Batch, LossSum, Losses) = (Epoch + 1, 0, 0, 0);
    }

    public void Save(StateTree state)
    {
        state.Set("epoch", Epoch);
        state.Set("batch", Batch);
        state.Set("finished", Finished);
        state.Set("lossSum", LossSum);
        state.Set("losses", Losses);
        state.Set("epochLoss", EpochLoss);
        state.Set("bestValidation", BestValidation);
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    public Action Read(StateTree state, int epochs, int batches)
    {
        int epoch = state.Int32("epoch", 1, epochs), batch = state.Int32("batch", 0, batches), finished = state.Int32("finished", 0, epochs);
        double sum = state.Real("lossSum"), epochLoss = state.Real("epochLoss"), best = state.Real("bestValidation");
        long losses = state.Integer("losses", 0);
        return () => (Epoch, Batch, Finished, LossSum, Losses, EpochLoss, BestValidation) = (epoch, batch, finished, sum, losses, epochLoss, best);
    }
}
