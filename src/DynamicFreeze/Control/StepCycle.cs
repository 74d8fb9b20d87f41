namespace ResearchFreeze.DynamicFreeze;

/// <summary>The order in which a controller is called, and what is left after a call that failed: the controller is usable again, and the first error is the one that is told.</summary>
internal sealed class StepCycle(Controlled controlled, ControllerParts parts)
{
    private readonly List<ValidationPoint> waiting = [];
    private bool isPrepared;
    private int preparedAt;
    private StepWay way;
    private Exception? failure;

    public void Step()
    {
        Before();
        try
        {
            controlled.Optimizer.Step();
        }
        catch (Exception exception)
        {
            Abandon(exception);
            throw;
        }
        After();
    }

    public void Before()
    {
        if (isPrepared) throw new InvalidOperationException("Freezing: BeforeStep was called twice without AfterStep; where what is between them failed, call Abandon.");
        parts.Start(ask: true);
        try
        {
            NoticeHands();
            controlled.Optimizer.Prepare();
            parts.Observer.Accumulate();
        }
        catch (Exception exception)
        {
            Abandon(exception);
            throw;
        }
        way = controlled.Device.Recorder is null ? StepWay.Plain : StepWay.Aside;
        (isPrepared, preparedAt, failure) = (true, controlled.Step, null);
    }

    /// <summary>A recorded step is about to be repeated, which measures and updates by itself.</summary>
    public void Repeat()
    {
        if (isPrepared) throw new InvalidOperationException("Freezing: RepeatStep was called within a step.");
        try
        {
            NoticeHands();
            parts.Observer.Begin();
        }
        catch (Exception exception)
        {
            Abandon(exception);
            throw;
        }
        way = StepWay.Repeated;
        (isPrepared, preparedAt, failure) = (true, controlled.Step, null);
    }

    public void After()
    {
        // Where it is repeated nothing would be decided any more.
        controlled.Device.Recorder?.Refuse("the controller's Step or AfterStep is called within the step: call BeforeStep and the optimizer's Step within, and AfterStep behind it");
        if (!isPrepared) throw new InvalidOperationException($"Freezing: AfterStep was called without BeforeStep{(failure is null ? "." : $", since the step had failed: {failure.Message}")}", failure);
        if (preparedAt == controlled.Step) throw new InvalidOperationException("Freezing: AfterStep was called without the optimizer's Step: its measured gradients would be stale in the next one.");
        isPrepared = false;
        controlled.Model.ClearGradients();
        parts.Ledger.StepDone();
        parts.Savings.StepDone(way);
        try
        {
            // As a measurement right after the step would: a log in which a freeze is behind what a measurement of its step has led to could not be repeated.
            parts.Driver.AfterStep();
            foreach (ValidationPoint point in waiting) parts.Measured(point with { Step = controlled.Step });
        }
        finally
        {
            waiting.Clear();
            parts.NextStep();
            parts.Ledger.Settle();
        }
    }

    public void Observe(string name, double value, Better better, double? margin)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        controlled.Device.Recorder?.Refuse("the controller's Observe is called within the step, and not behind it");
        if (margin is { } given && !(given >= 0)) throw new ArgumentOutOfRangeException(nameof(margin), FormattableString.Invariant($"Freezing: the margin of '{name}' must be 0 or more, found {given}."));
        if (isPrepared) throw new InvalidOperationException("Freezing: Observe was called between BeforeStep and AfterStep; flags change between steps only.");
        bool isHigher = better == Better.Higher;
        if (parts.Decider.Validation.Concat(waiting).FirstOrDefault(earlier => earlier.Name == name) is { } other && other.HigherIsBetter != isHigher)
            throw new ArgumentException($"Freezing: '{name}' was observed as better {(isHigher ? "lower" : "higher")} before, and is now better {(isHigher ? "higher" : "lower")}.");
        parts.Start(ask: true);
        var point = new ValidationPoint(controlled.Step, name, value, isHigher) { Margin = margin };
        // Between the batches of a step a thaw would make an update of half of them.
        if (controlled.Model.Parameters().Any(parameter => parameter.Grad is not null))
        {
            waiting.Add(point);
            return;
        }
        parts.Measured(point);
        parts.NextStep();
        parts.Ledger.Disregard();
    }

    private void NoticeHands()
    {
        foreach (UnitState unit in parts.Observer.Units)
        {
            if (parts.Applier.IsChangedByHand(unit.Unit)) parts.Applier.NoticeHand(unit);
        }
    }

    /// <summary>A state was loaded.</summary>
    public void Restart()
    {
        (isPrepared, failure) = (false, null);
        waiting.Clear();
        parts.NextStep();
    }

    /// <summary>The step is not taken.</summary>
    public void Abandon(Exception? exception)
    {
        (isPrepared, failure) = (false, exception);
        parts.Abandon();
    }
}
