"""Pages that are filled from a template."""

from pathlib import Path

import jinja2

from trajectories.errors import UserError
from trajectories.failures import explained


def filled(template: Path, escape: bool = True, **values: object) -> str:
    """The text of a template with its values.

    Parameters
    ----------
    template : Path
        A Jinja template; what it includes lies in its folder.
    escape : bool
        Whether values are escaped, as HTML needs it.
    **values
        Each name that the template uses.

    Raises
    ------
    UserError
        If the template cannot be read or filled.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=escape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    try:
        return environment.get_template(template.name).render(**values)
    except (OSError, jinja2.TemplateError) as error:
        raise explained(error) or UserError(
            f"{template} cannot be filled ({error}): put the template back."
        ) from error
