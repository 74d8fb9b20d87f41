namespace ResearchFreeze.Autograd;

/// <summary>A backward pass was asked for where nothing is trainable.</summary>
public sealed class NothingToTrainException(string message) : InvalidOperationException(message);
