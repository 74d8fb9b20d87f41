namespace ResearchFreeze.Autograd;

/// <summary>Shapes that do not fit an operation. The message names the operation and the shapes.</summary>
public sealed class ShapeException(string message) : ArgumentException(message);

/// <summary>A backward pass was asked for where nothing is trainable (requirement R16).</summary>
public sealed class NothingToTrainException(string message) : InvalidOperationException(message);

/// <summary>A device that was asked for cannot be used here, or no longer. The message says why in one line.</summary>
public sealed class DeviceUnavailableException(string message, Exception? inner = null) : InvalidOperationException(message, inner);
